/* Dispatch tables: an operator's table says which kernel serves each of 137 dispatch keys.
 *
 * With each kernel that is registered, torch computes anew all places of the table that the kernel may have changed: 70
 * for an operator, on average. For each it looks its kernels up in several ways. Here what several places need is looked
 * up once. Which places a key changes is learned from torch's function, with the first operator.
 *
 * Most places are those of devices that this build of torch has no tensors of, such as the one for sparse tensors of XLA.
 * They are computed when somebody may look at them, as an error does that lists what an operator has kernels for.
 */

typedef uint16_t dispatch_key;

/* c10::DispatchKey; those from AUTOGRAD on are aliases, each of which stands for several keys. */
enum { UNDEFINED = 0, AUTOGRAD_OTHER = 20, AUTOGRAD = 150, IMPLICIT, BATCHED, NESTED, EXPLICIT, NON_FUNCTIONAL, END };

/* void c10::impl::OperatorEntry::updateDispatchTable_(const Dispatcher&, DispatchKey)
 * void c10::impl::OperatorEntry::updateDispatchTableEntry_(const Dispatcher&, DispatchKey)
 * const KernelFunction& c10::impl::OperatorEntry::computeDispatchTableEntry(const Dispatcher&, DispatchKey) const */
#define UPDATE_TABLE "_ZN3c104impl13OperatorEntry20updateDispatchTable_ERKNS_10DispatcherENS_11DispatchKeyE"
#define UPDATE_PLACE "_ZN3c104impl13OperatorEntry25updateDispatchTableEntry_ERKNS_10DispatcherENS_11DispatchKeyE"
#define COMPUTE_PLACE "_ZNK3c104impl13OperatorEntry25computeDispatchTableEntryERKNS_10DispatcherENS_11DispatchKeyE"
PUBLIC void update_table(void *, const void *, dispatch_key) __asm__(UPDATE_TABLE);
PUBLIC void update_place(void *, const void *, dispatch_key) __asm__(UPDATE_PLACE);
PUBLIC const void *compute_place(const void *, const void *, dispatch_key) __asm__(COMPUTE_PLACE);

/* torch's own. */
static void (*slow_update_table)(void *, const void *, dispatch_key);
static void (*slow_update_place)(void *, const void *, dispatch_key);
static const void *(*slow_compute_place)(const void *, const void *, dispatch_key);
static const void *(*kernel_for)(const void *, dispatch_key);
static _Bool (*has_kernel_for_any)(const void *, uint64_t);

static struct {
    int is_known, num_places;
    dispatch_key places[AUTOGRAD];
} changed_by[END], *learning;             /* the places of the table that a kernel for a key changes */
static uint64_t backends_of[AUTOGRAD];    /* c10::DispatchKeySet: those whose autograd key this is */
static _Bool is_in[AUTOGRAD][END];        /* whether an alias stands for a key */
static const void *current, *kernel[END]; /* the operator whose table is updated, and its kernels for aliases */

/* Whether a call may come with a key: its tensors have it, or it makes a tensor for a device, which then fails. From the
 * first one on, keys come by functionality, beginning with dense tensors: each has one for each device. */
static int is_reachable(dispatch_key key) {
    enum { FIRST = 48, PERIOD = 17, CPU = 1, META = 16 };
    int device = (key - FIRST) % PERIOD;
    return key < FIRST + PERIOD || device == CPU || device == META;
}

static void prepare_tables(void) {
    slow_update_table = original(UPDATE_TABLE);
    slow_update_place = original(UPDATE_PLACE);
    slow_compute_place = original(COMPUTE_PLACE);
    kernel_for = original("_ZNK3c104impl13OperatorEntry23getKernelForDispatchKeyENS_11DispatchKeyE");
    has_kernel_for_any = original("_ZNK3c104impl13OperatorEntry26hasKernelForAnyDispatchKeyENS_14DispatchKeySetE");
    _Bool (*is_included)(dispatch_key, dispatch_key) = original("_ZN3c1017isIncludedInAliasENS_11DispatchKeyES0_");
    uint64_t (*backends)(dispatch_key) = original("_ZN3c1028getBackendKeySetFromAutogradENS_11DispatchKeyE");
    for (dispatch_key key = 0; key < AUTOGRAD; key++) {
        for (dispatch_key alias = AUTOGRAD; alias < END; alias++)
            is_in[key][alias] = key == UNDEFINED ? alias == IMPLICIT || alias == EXPLICIT || alias == NON_FUNCTIONAL
                                                 : is_included(key, alias);
        backends_of[key] = backends(key);
    }
}

void update_table(void *entry, const void *dispatcher, dispatch_key key) {
    if (!slow_update_table) prepare_tables();
    if (!is_loading || key >= END) {
        slow_update_table(entry, dispatcher, key);
        return;
    }
    current = entry;
    for (dispatch_key alias = AUTOGRAD; alias < END; alias++) kernel[alias] = kernel_for(entry, alias);
    if (changed_by[key].is_known) {
        for (int i = 0; i < changed_by[key].num_places; i++)
            slow_update_place(entry, dispatcher, changed_by[key].places[i]);
    } else {
        learning = &changed_by[key];
        slow_update_table(entry, dispatcher, key); /* which calls update_place */
        learning->is_known = 1;
        learning = 0;
    }
    current = 0;
}

void update_place(void *entry, const void *dispatcher, dispatch_key key) {
    if (!slow_update_table) prepare_tables();
    if (learning && is_reachable(key)) learning->places[learning->num_places++] = key;
    slow_update_place(entry, dispatcher, key); /* which calls compute_place */
}

const void *compute_place(const void *entry, const void *dispatcher, dispatch_key key) {
    if (!slow_update_table) prepare_tables();
    if (entry != current || key >= AUTOGRAD) return slow_compute_place(entry, dispatcher, key);
    const void *direct = kernel_for(entry, key);
    if (direct) return direct;
#define SERVES(alias) (is_in[key][alias] && kernel[alias])
    if (SERVES(NON_FUNCTIONAL)) return kernel[NON_FUNCTIONAL];
    if (SERVES(EXPLICIT)) return kernel[EXPLICIT];
    if (SERVES(NESTED)) return kernel[NESTED];
    if (SERVES(IMPLICIT) && key == AUTOGRAD_OTHER) return slow_compute_place(entry, dispatcher, key);
    if (SERVES(IMPLICIT) && !kernel[EXPLICIT] && !(backends_of[key] && has_kernel_for_any(entry, backends_of[key])))
        return kernel[IMPLICIT];
    if (SERVES(AUTOGRAD)) return kernel[AUTOGRAD];
    if (SERVES(BATCHED)) return kernel[BATCHED];
#undef SERVES
    return slow_compute_place(entry, dispatcher, key);
}

/* Compute all places of an operator's table. */
static void complete_table(const void *entry) {
    static void (*update)(const void *, const void *);
    static const void *(*dispatcher)(void);
    if (!update) {
        update = original("_ZN3c104impl13OperatorEntry24updateDispatchTableFull_ERKNS_10DispatcherE");
        dispatcher = original("_ZN3c1010Dispatcher13realSingletonEv");
    }
    int was_loading = is_loading;
    is_loading = 0; /* else only reachable places would be computed */
    update(entry, dispatcher());
    is_loading = was_loading;
}

/* void c10::impl::OperatorEntry::reportError(DispatchKey) const
 * void c10::impl::OperatorEntry::checkInvariants() const
 * bool c10::impl::OperatorEntry::hasComputedKernelForDispatchKey(DispatchKey) const
 * SafeKernelFunction c10::impl::OperatorEntry::getComputedKernelForDispatchKey(DispatchKey) const */
#define REPORT_ERROR "_ZNK3c104impl13OperatorEntry11reportErrorENS_11DispatchKeyE"
#define CHECK_TABLE "_ZNK3c104impl13OperatorEntry15checkInvariantsEv"
#define HAS_PLACE "_ZNK3c104impl13OperatorEntry31hasComputedKernelForDispatchKeyENS_11DispatchKeyE"
#define GET_PLACE "_ZNK3c104impl13OperatorEntry31getComputedKernelForDispatchKeyENS_11DispatchKeyE"
PUBLIC void report_error(const void *, dispatch_key) __asm__(REPORT_ERROR);
PUBLIC void check_table(const void *) __asm__(CHECK_TABLE);
PUBLIC _Bool has_place(const void *, dispatch_key) __asm__(HAS_PLACE);
RETURNS_OBJECT(GET_PLACE, get_place);

void report_error(const void *entry, dispatch_key key) {
    complete_table(entry);
    ((void (*)(const void *, dispatch_key))original(REPORT_ERROR))(entry, key);
}

void check_table(const void *entry) {
    complete_table(entry);
    ((void (*)(const void *))original(CHECK_TABLE))(entry);
}

_Bool has_place(const void *entry, dispatch_key key) {
    complete_table(entry);
    return ((_Bool(*)(const void *, dispatch_key))original(HAS_PLACE))(entry, key);
}

__attribute__((used)) static void *get_place(void *result, const void *entry, uintptr_t key) {
    complete_table(entry);
    return construct(result, original(GET_PLACE), (uintptr_t)entry, key, 0, 0);
}
