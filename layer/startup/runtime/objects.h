/* C++ objects: how functions return them, and what std::string and torch's names look like. */

/* A C++ function that returns an object with a destructor gets the object's address from its caller. On x86_64 that is
 * its first argument, so the C function for it is one with an argument more. On arm64 it is in register x8. */
#if defined(__x86_64__)
#define RETURNS_OBJECT(symbol, function) \
    __asm__(".globl " symbol "\n.type " symbol ", %function\n" symbol ": jmp " #function "\n")
#elif defined(__aarch64__)
#define RETURNS_OBJECT(symbol, function)                                        \
    __asm__(".globl " symbol "\n.type " symbol ", %function\n" symbol ":\n"     \
            "mov x4, x3\nmov x3, x2\nmov x2, x1\nmov x1, x0\nmov x0, x8\nb " #function "\n")
#endif

/* Call a C++ function that returns an object, with up to four arguments. */
static void *construct(void *object, void *function, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d) {
#if defined(__x86_64__)
    ((void (*)(void *, uintptr_t, uintptr_t, uintptr_t, uintptr_t))function)(object, a, b, c, d);
#elif defined(__aarch64__)
    register uintptr_t x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c, x3 __asm__("x3") = d;
    register void *x8 __asm__("x8") = object;
    __asm__ volatile("blr %[function]"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x8)
                     : [function] "r"(function)
                     : "x4", "x5", "x6", "x7", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x30",
                       "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "v20", "v21", "v22",
                       "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31", "cc", "memory");
#endif
    return object;
}

/* std::string. */
struct string {
    char *data;
    size_t size;
    union {
        char local[16]; /* where `data` points, if there is room */
        size_t capacity;
    };
};

/* c10::OperatorName: such as aten::add and Tensor. */
struct operator_name {
    struct string name, overload;
};

/* operator new, and operator delete. */
static void *allocate(size_t size) {
    static void *(*function)(size_t);
    if (!function) function = original("_Znwm");
    return function(size);
}

static void release(void *memory) {
    static void (*function)(void *);
    if (!function) function = original("_ZdlPv");
    function(memory);
}

static void write_string(struct string *string, const char *text, size_t size) {
    string->data = string->local;
    if (size >= sizeof string->local) {
        string->data = allocate(size + 1);
        string->capacity = size;
    }
    memcpy(string->data, text, size);
    string->data[size] = 0;
    string->size = size;
}

/* std::vector. */
struct vector {
    char *begin, *end, *capacity;
};

/* c10::FunctionSchema. */
struct schema {
    struct operator_name name;
    struct vector arguments, returns;
    char flags[8];
};
_Static_assert(sizeof(struct schema) == 120, "the size of c10::FunctionSchema");
