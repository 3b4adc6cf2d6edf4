/* Keeps the pager first to hear of a fault, whatever other code asks for.
 *
 * Code that takes SIGSEGV over, or blocks it, would end the process at the next touch of code that was taken out.
 * faulthandler takes it over when it is enabled, and gives it back when it is disabled and when Python ends; torch runs
 * after that. So the calls of four functions in all that is loaded, Python above all, are led to those below. What is
 * loaded later calls the C library's own functions. */

#if defined(__x86_64__)
#define FUNCTION_SLOTS(type) ((type) == R_X86_64_JUMP_SLOT || (type) == R_X86_64_GLOB_DAT)
#elif defined(__aarch64__)
#define FUNCTION_SLOTS(type) ((type) == R_AARCH64_JUMP_SLOT || (type) == R_AARCH64_GLOB_DAT)
#endif

/* sigaction for SIGSEGV tells and changes who comes after the pager. */
static int sigaction_after(int number, const struct sigaction *action, struct sigaction *old) {
    if (number != SIGSEGV) return sigaction(number, action, old);
    struct sigaction asked = action ? *action : (struct sigaction){.sa_handler = SIG_DFL};
    sigset_t mask = acquire_undisturbed();
    struct sigaction before = next_handler;
    if (action) next_handler = asked;
    release_undisturbed(mask);
    if (old) *old = before;
    return 0;
}

static sighandler_t signal_after(int number, sighandler_t handler) {
    if (number != SIGSEGV) return signal(number, handler);
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;
    sigaction_after(number, &action, &old);
    return old.sa_handler;
}

/* pthread_sigmask and sigprocmask never block SIGSEGV: the system ends a thread that touches code with it blocked. */
static int pthread_sigmask_without(int how, const sigset_t *set, sigset_t *old) {
    if (!set) return pthread_sigmask(how, set, old);
    sigset_t asked = *set;
    if (how != SIG_UNBLOCK) sigdelset(&asked, SIGSEGV);
    return pthread_sigmask(how, &asked, old);
}

static int sigprocmask_without(int how, const sigset_t *set, sigset_t *old) {
    int code = pthread_sigmask_without(how, set, old);
    if (code) errno = code;
    return code ? -1 : 0;
}

/* Another layer's pager, loaded before, may have led a call to itself: then that stays. */
static int is_led_by_a_pager(const void *function) {
    Dl_info info;
    return dladdr(function, &info) && info.dli_fname && strstr(info.dli_fname, "libtorch_pager.so");
}

/* Let a slot that the loader fills with a function's address hold another function's. */
static void lead(const struct dl_phdr_info *object, void **slot, void *function) {
    uintptr_t page_size = sysconf(_SC_PAGESIZE), page = (uintptr_t)slot / page_size * page_size;
    if (is_led_by_a_pager(*slot) || mprotect((void *)page, page_size, PROT_READ | PROT_WRITE)) return;
    *slot = function;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t begin = object->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_GNU_RELRO && (uintptr_t)slot >= begin && (uintptr_t)slot < begin + segment->p_memsz)
            mprotect((void *)page, page_size, PROT_READ); /* as the loader had left it */
    }
}

/* The address that an entry of the dynamic section gives. glibc adds the object's base to it on most machines. */
static const void *dynamic_address(const struct dl_phdr_info *object, uint64_t value) {
    return (const void *)(value < object->dlpi_addr ? value + object->dlpi_addr : value);
}

static void lead_calls(const struct dl_phdr_info *object, const ElfW(Dyn) *dynamic) {
    static const struct { const char *name; void *function; } led[] = {
        {"sigaction", sigaction_after}, {"signal", signal_after},
        {"pthread_sigmask", pthread_sigmask_without}, {"sigprocmask", sigprocmask_without}};
    const ElfW(Rela) *tables[2] = {0, 0};
    size_t bytes[2] = {0, 0};
    const ElfW(Sym) *symbols = 0;
    const char *names = 0;
    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        if (dynamic->d_tag == DT_RELA) tables[0] = dynamic_address(object, dynamic->d_un.d_ptr);
        if (dynamic->d_tag == DT_RELASZ) bytes[0] = dynamic->d_un.d_val;
        if (dynamic->d_tag == DT_JMPREL) tables[1] = dynamic_address(object, dynamic->d_un.d_ptr);
        if (dynamic->d_tag == DT_PLTRELSZ) bytes[1] = dynamic->d_un.d_val;
        if (dynamic->d_tag == DT_SYMTAB) symbols = dynamic_address(object, dynamic->d_un.d_ptr);
        if (dynamic->d_tag == DT_STRTAB) names = dynamic_address(object, dynamic->d_un.d_ptr);
    }
    for (int table = 0; table < 2 && symbols && names; table++)
        for (size_t i = 0; tables[table] && i < bytes[table] / sizeof(ElfW(Rela)); i++) {
            const ElfW(Rela) *entry = &tables[table][i];
            if (!FUNCTION_SLOTS(ELF64_R_TYPE(entry->r_info))) continue;
            const char *name = names + symbols[ELF64_R_SYM(entry->r_info)].st_name;
            for (size_t j = 0; j < sizeof led / sizeof *led; j++)
                if (!strcmp(name, led[j].name))
                    lead(object, (void **)(object->dlpi_addr + entry->r_offset), led[j].function);
        }
}

static int visit_object(struct dl_phdr_info *object, size_t size, void *own_base) {
    (void)size;
    if ((void *)object->dlpi_addr == own_base || strstr(object->dlpi_name, "libtorch_pager.so")) return 0;
    for (int i = 0; i < object->dlpi_phnum; i++)
        if (object->dlpi_phdr[i].p_type == PT_DYNAMIC)
            lead_calls(object, (const ElfW(Dyn) *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr));
    return 0;
}

/* Lead the calls in all that is loaded now, but in pagers, to the functions above. */
static void take_precedence(void) {
    Dl_info own;
    if (dladdr(visit_object, &own)) dl_iterate_phdr(visit_object, own.dli_fbase);
}
