/* Checks of kernels' signatures: left out. torch derives from each C++ function that it registers what the operator's
 * schema should be, and compares that with the schema that it has. The outcome is always the same. */

static void *write_empty(struct schema *schema) {
    memset(schema, 0, sizeof *schema);
    write_string(&schema->name.name, "", 0);
    write_string(&schema->name.overload, "", 0);
    return schema;
}

/* FunctionSchema FunctionSchema::cloneWithRealTypes(bool) const: only the comparison asks for it. */
RETURNS_OBJECT(CLONE_SCHEMA, clone_schema);
__attribute__((used)) static void *clone_schema(struct schema *result, uintptr_t schema, uintptr_t with_symint) {
    static void *slow;
    if (is_loading) return write_empty(result);
    if (!slow) slow = original(CLONE_SCHEMA);
    return construct(result, slow, schema, with_symint, 0, 0);
}

/* std::optional<std::string> c10::findSchemaDifferences(const FunctionSchema&, const FunctionSchema&) */
#define FIND_DIFFERENCES "_ZN3c1021findSchemaDifferencesB5cxx11ERKNS_14FunctionSchemaES2_"
RETURNS_OBJECT(FIND_DIFFERENCES, find_differences);
__attribute__((used)) static void *find_differences(struct string *result, uintptr_t one, uintptr_t other) {
    static void *slow;
    if (is_loading) { /* there is no difference: a zero behind the string says so */
        *(uint64_t *)(result + 1) = 0;
        return result;
    }
    if (!slow) slow = original(FIND_DIFFERENCES);
    return construct(result, slow, one, other, 0, 0);
}

/* Whether a library of kernels for operators that have schemas is being registered (IMPL), and none of operators. */
static int is_of_kernels;

/* torch::Library::Library(Kind, std::string, std::optional<DispatchKey>, const char *, uint32_t) */
#define MAKE_LIBRARY                                                                                                \
    "_ZN5torch7LibraryC1ENS0_4KindENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEESt8optionalIN3c1011DispatchK" \
    "eyEEPKcj"
enum { IMPL = 1 };
PUBLIC void make_library(void *, int, struct string *, uint32_t, const char *, uint32_t) __asm__(MAKE_LIBRARY);
void make_library(void *self, int kind, struct string *name, uint32_t key, const char *file, uint32_t line) {
    static void (*slow)(void *, int, struct string *, uint32_t, const char *, uint32_t);
    if (!slow) slow = original(MAKE_LIBRARY);
    is_of_kernels = kind == IMPL;
    slow(self, kind, name, key, file, line);
}

/* FunctionSchema c10::detail::infer_schema::make_function_schema(ArrayRef<ArgumentDef>, ArrayRef<ArgumentDef>): what it
 * derives from a kernel is only compared. From a function that makes an operator, it may be the operator's schema. */
#define INFER_SCHEMA "_ZN3c106detail12infer_schema20make_function_schemaENS_8ArrayRefINS1_11ArgumentDefEEES4_"
RETURNS_OBJECT(INFER_SCHEMA, infer_schema);
__attribute__((used)) static void *infer_schema(struct schema *result, uintptr_t arguments, uintptr_t num_arguments,
                                                uintptr_t returns, uintptr_t num_returns) {
    static void *slow;
    if (is_loading && is_of_kernels) return write_empty(result);
    if (!slow) slow = original(INFER_SCHEMA);
    return construct(result, slow, arguments, num_arguments, returns, num_returns);
}
