/* Makes an import of torch quick.
 *
 * When libtorch_cpu.so is loaded, its static initialisers register 3,500 operators and 10,000 kernels. That is most of
 * an import's time. Some of the functions that they call do much that nobody needs, or do it slowly. This library, which
 * is loaded before and globally, defines functions of the same names, which the loader takes instead. When torch's
 * libraries are loaded, `torch_startup_finish` makes each of them do what torch's own function does.
 *
 * C++'s objects are seen here as Itanium's C++ ABI and GCC's libstdc++ lay them out. All that is known of torch's own
 * classes belongs to its version 2.13; where a function is not sure of its result it asks torch's.
 *
 * This is one program in several files: the headers here are parts of it that nothing else includes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

static int is_loading = 1;

/* torch's own function. */
static void *original(const char *name) {
    static void *library;
    if (!library) library = dlopen("libtorch_cpu.so", RTLD_LAZY | RTLD_NOLOAD);
    void *function = library ? dlsym(library, name) : 0;
    if (!function) {
        fprintf(stderr, "torch_startup: libtorch_cpu.so has no %s: build the layer again\n", name);
        abort();
    }
    return function;
}

#include "heap.h"
#include "objects.h"
#include "names.h"
#include "schemas.h"
#include "checks.h"
#include "tables.h"

/* Call this before torch's libraries are loaded. */
PUBLIC void torch_startup_begin(void) { grow_heap(); }

/* Call this when they are loaded. */
PUBLIC void torch_startup_finish(void) { is_loading = 0; }
