/* Names of operators: read a letter at a time, and not by the lexer of TorchScript. */

static int is_letter(char c) { /* of a word */
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Where the word that begins here ends; here, if none does. */
static const char *end_of_word(const char *text) {
    if (*text >= '0' && *text <= '9') return text;
    while (is_letter(*text)) text++;
    return text;
}

/* Where the name that begins here ends, such as add or aten::add; here, if none does. */
static const char *end_of_name(const char *text) {
    const char *end = end_of_word(text);
    if (end == text || end[0] != ':') return end;
    const char *last = end[1] == ':' ? end_of_word(end + 2) : end;
    return last > end + 2 ? last : text;
}

/* Read a name such as aten::add.Tensor. Returns where it ends; 0 if it is none, or torch would refuse it. */
static const char *read_name(struct operator_name *name, const char *text) {
    const char *end = end_of_name(text), *overload = end, *last = end;
    if (*end == '.') {
        overload = end + 1;
        last = end_of_word(overload);
        int is_default = last - overload == 7 && !memcmp(overload, "default", 7);
        if (last == overload || is_default || !strncmp(overload, "__", 2)) return 0;
    }
    if (end == text) return 0;
    write_string(&name->name, text, end - text);
    write_string(&name->overload, overload, last - overload);
    return last;
}

/* OperatorName torch::jit::parseName(const std::string&) */
#define PARSE_NAME "_ZN5torch3jit9parseNameERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"
RETURNS_OBJECT(PARSE_NAME, parse_name);
__attribute__((used)) static void *parse_name(struct operator_name *result, const struct string *text) {
    static void *slow;
    if (is_loading && read_name(result, text->data) == text->data + text->size) return result;
    if (!slow) slow = original(PARSE_NAME);
    return construct(result, slow, (uintptr_t)text, 0, 0, 0);
}
