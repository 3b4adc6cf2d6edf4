/* Schemas: torch's parser reads an argument's text once. Where the same text comes again, its result is copied.
 *
 * In 4,200 schemas there are 19,000 arguments and results, such as "Tensor self" and "int dim=0". But for the name, 400
 * are different.
 */

/* c10::TypePtr: a type there is one of, or one that is shared as std::shared_ptr shares. */
struct type {
    void *type;
    struct {
        void *table;
        int count;
    } *owners; /* 0 where there is one of the type */
};

/* c10::IValue, and whether it is there: std::optional. */
struct value {
    uint64_t payload;
    uint32_t tag;
    uint64_t is_there; /* in the first byte */
};
enum { NONE = 0, DOUBLE = 3, INT = 5, BOOL = 10 }; /* tags of values that own nothing */

/* c10::Argument. */
struct argument {
    struct string name;
    struct type type, real_type;
    uint64_t size; /* std::optional<int32_t> */
    struct value default_value;
    void *alias; /* std::unique_ptr<AliasInfo> */
    char flags[8];
};
_Static_assert(sizeof(struct argument) == 112, "the size of c10::Argument");

/* The text of an argument or a result, with `x` for its name, and what it stands in. */
struct text {
    const char *begin;
    uint32_t size;
    enum { IS_RESULT = 1, AFTER_STAR = 2, ALLOWS_VARIABLES = 4 } kind;
};

/* The texts that torch's parser has read, each as the only argument or result of a schema. */
enum { NUM_SLOTS = 1 << 12, MAX_SIZE = 200 };
static struct known {
    struct text text;
    struct schema *schema;
} known[NUM_SLOTS];
static int num_known;

/* A list of arguments, or of results. */
struct list {
    int num_items;
    struct item {
        const struct known *known;
        const char *name; /* 0 if it has none */
        uint32_t name_size;
    } items[128];
};

/* FunctionSchema torch::jit::parseSchema(const std::string&, bool) */
#define PARSE_SCHEMA "_ZN5torch3jit11parseSchemaERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEb"
/* FunctionSchema FunctionSchema::cloneWithRealTypes(bool) const */
#define CLONE_SCHEMA "_ZNK3c1014FunctionSchema18cloneWithRealTypesEb"
static void *slow_parse_schema, *slow_clone_schema;

static struct argument *argument_of(const struct known *known) {
    struct vector *items = known->text.kind & IS_RESULT ? &known->schema->returns : &known->schema->arguments;
    return (struct argument *)items->begin;
}

/* Have torch's parser read a text. */
static void learn(struct known *slot, struct text text) {
    char *copy = malloc(text.size + 16);
    int is_result = text.kind & IS_RESULT;
    const char *before = is_result ? "f() -> (" : text.kind & AFTER_STAR ? "f(*, " : "f(";
    size_t offset = strlen(before);
    memcpy(copy, before, offset);
    memcpy(copy + offset, text.begin, text.size);
    strcpy(copy + offset + text.size, is_result ? ")" : ")->()");
    struct string whole = {.data = copy, .size = offset + text.size + (is_result ? 1 : 5)};
    slot->schema = malloc(sizeof *slot->schema);
    construct(slot->schema, slow_parse_schema, (uintptr_t)&whole, !!(text.kind & ALLOWS_VARIABLES), 0, 0);
    slot->text = text;
    slot->text.begin = copy + offset;
    num_known++;
}

/* The place of a text in the table, learned now if it is new; 0 if there is no room. */
static struct known *find(struct text text) {
    uint32_t hash = text.kind;
    for (uint32_t i = 0; i < text.size; i++) hash = (hash ^ (unsigned char)text.begin[i]) * 16777619;
    struct known *slot = &known[(hash ^ hash >> 15) % NUM_SLOTS];
    while (slot->schema && (slot->text.size != text.size || slot->text.kind != text.kind ||
                            memcmp(slot->text.begin, text.begin, text.size)))
        if (++slot == known + NUM_SLOTS) slot = known;
    if (slot->schema) return slot;
    if (num_known > NUM_SLOTS / 2) return 0;
    learn(slot, text);
    return slot;
}

static struct type share(struct type type) {
    if (type.owners) __atomic_add_fetch(&type.owners->count, 1, __ATOMIC_RELAXED);
    return type;
}

/* Write a value and an alias that own something: take those of a clone that torch makes. */
static void take_from_clone(struct argument *result, const struct known *known) {
    struct schema clone;
    struct known cloned = {known->text, &clone};
    construct(&clone, slow_clone_schema, (uintptr_t)known->schema, 1, 0, 0);
    struct argument *argument = argument_of(&cloned);
    result->default_value = argument->default_value;
    result->alias = argument->alias;
    if (argument->name.data != argument->name.local) release(argument->name.data);
    release(argument); /* its types stay: others share them */
}

static void write_argument(struct argument *result, const struct item *item) {
    const struct argument *argument = argument_of(item->known);
    *result = *argument;
    write_string(&result->name, item->name, item->name_size);
    share(result->type);
    share(result->real_type);
    const struct value *value = &result->default_value;
    int owns = (value->is_there & 255) && value->tag != NONE && value->tag != DOUBLE && value->tag != INT &&
               value->tag != BOOL;
    if (owns || argument->alias) take_from_clone(result, item->known);
}

static void write_list(struct vector *result, const struct list *list) {
    size_t size = list->num_items * sizeof(struct argument);
    result->begin = size ? allocate(size) : 0;
    result->end = result->capacity = result->begin + size;
    for (int i = 0; i < list->num_items; i++) write_argument((struct argument *)result->begin + i, &list->items[i]);
}

/* Add an argument or a result to a list. Returns whether there was room for it. */
static int add_item(struct list *list, const char *begin, const char *end, int kind) {
    char text[MAX_SIZE + 1];
    const char *name_end = memchr(begin, '=', end - begin), *name;
    if (!name_end) name_end = end;
    while (name_end > begin && name_end[-1] == ' ') name_end--;
    for (name = name_end; name > begin && is_letter(name[-1]); name--) {}
    if (name == begin || name[-1] != ' ' || name == name_end) name = name_end = end; /* it has no name */
    if (end - begin > MAX_SIZE || list->num_items == sizeof list->items / sizeof *list->items) return 0;
    struct item *item = &list->items[list->num_items++];
    *item = (struct item){.name = name, .name_size = name_end - name};
    memcpy(text, begin, name - begin);
    size_t size = name - begin;
    if (name_end > name) text[size++] = 'x';
    memcpy(text + size, name_end, end - name_end);
    size += end - name_end;
    item->known = find((struct text){text, size, kind});
    return item->known != 0;
}

/* Read a list that a parenthesis ends, from behind the one that begins it. Returns where the list ends; 0 if it is none
 * that can be read here. */
static const char *read_list(struct list *list, const char *text, int kind) {
    const char *begin = text;
    for (int depth = 0;; text++) {
        if (!*text || *text == '"' || *text == '\'' || !strncmp(text, "...", 3)) return 0;
        if (depth == 0 && (*text == ',' || *text == ')')) {
            const char *end = text;
            while (begin < end && *begin == ' ') begin++;
            while (end > begin && end[-1] == ' ') end--;
            if (end - begin == 1 && *begin == '*')
                kind |= AFTER_STAR;
            else if (end > begin ? !add_item(list, begin, end, kind) : *text == ',' || list->num_items)
                return 0;
            if (*text == ')') return text + 1;
            begin = text + 1;
        }
        depth += (*text == '(' || *text == '[') - (*text == ')' || *text == ']');
    }
}

/* Read a schema. Returns whether that could be done here. */
static int read_schema(struct schema *result, const struct string *text, int kind) {
    struct list arguments, returns;
    const char *at = strchr(text->data, '('), *name_end = at, *end = text->data + text->size;
    arguments.num_items = returns.num_items = 0;
    if (!at || !(at = read_list(&arguments, at + 1, kind)) || strncmp(at, " -> ", 4)) return 0;
    at += 4;
    kind |= IS_RESULT;
    if (*at == '(') {
        if (read_list(&returns, at + 1, kind) != end) return 0;
    } else {
        if (*at == ' ' || at >= end || end[-1] == ' ' || strpbrk(at, ",\"'.")) return 0;
        if (!add_item(&returns, at, end, kind)) return 0;
    }
    if (read_name(&result->name, text->data) != name_end) return 0;
    write_list(&result->arguments, &arguments);
    write_list(&result->returns, &returns);
    memset(result->flags, 0, sizeof result->flags);
    return 1;
}

RETURNS_OBJECT(PARSE_SCHEMA, parse_schema);
__attribute__((used)) static void *parse_schema(struct schema *result, const struct string *text, _Bool variables) {
    if (!slow_parse_schema) {
        slow_parse_schema = original(PARSE_SCHEMA);
        slow_clone_schema = original(CLONE_SCHEMA);
    }
    if (is_loading && read_schema(result, text, variables ? ALLOWS_VARIABLES : 0)) return result;
    return construct(result, slow_parse_schema, (uintptr_t)text, variables, 0, 0);
}
