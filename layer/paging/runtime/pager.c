/* Brings a library's machine code in when it is first touched.
 *
 * layer/paging/split.py has taken whole pages of .text out of the library. In their place lies memory that may not be
 * touched. Touching it raises SIGSEGV. The handler decompresses the block aside, makes it executable and puts it in
 * place in one step (mremap), so that no thread ever sees half of it. The handler makes only async-signal-safe calls.
 *
 * The first touch of a library also maps its hot pages, which lie in the blocks file uncompressed. A kernel whose pages
 * are larger than 4096 bytes can't map them; there they come with their blocks, like all other code.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#define ZSTD_STATIC_LINKING_ONLY
#include "zstd.c"

#include "libraries.h"
#include "blocks.h"
#include "faults.h"

__attribute__((destructor)) static void report(void) {
    if (reporting)
        fprintf(stderr, "torch_pager: %llu blocks brought in, %.1f ms\n", (unsigned long long)blocks_brought,
                nanoseconds_spent / 1e6);
    FILE *file = trace ? fopen(trace, "a") : 0;
    for (int i = 0; i < library_count && file; i++)
        for (uint64_t page = 0; page < libraries[i].blocks->size / PAGE; page++)
            if (libraries[i].touched[page])
                fprintf(file, "%s %llu\n", strrchr(libraries[i].path, '/') + 1,
                        (unsigned long long)(libraries[i].blocks->text + page * PAGE));
    if (file) fclose(file);
}

/* From now on, which pages are touched is noted, to be written to this file at exit; call before pager_add. */
PUBLIC void pager_trace(const char *path) { trace = strdup(path); }

/* Handle faults from now on; called again, become the first handler again. Returns 0, or errno. */
PUBLIC int pager_install(int report_at_exit) {
    static char workspace[1 << 18] __attribute__((aligned(64)));
    int is_first = !decompressor;
    if (is_first) {
        void *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED || mprotect(page, 4096, PROT_READ | PROT_EXEC)) return errno;
        munmap(page, 4096);
        decompressor = ZSTD_initStaticDCtx(workspace, sizeof workspace);
        if (!decompressor) return ENOMEM;
        if (__register_atfork(before_fork, after_fork, after_fork, 0)) return ENOMEM;
        reporting = report_at_exit;
    }
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART}, old;
    sigfillset(&action.sa_mask);
    if (sigaction(SIGSEGV, &action, &old)) return errno;
    if ((old.sa_flags & SA_SIGINFO) && old.sa_sigaction == on_fault) return 0;
    before = old;
    if (is_first) original = old;
    return 0;
}

/* Serve a library that is about to be loaded. Returns 0, or errno: EBADMSG if its hot pages were changed. */
PUBLIC int pager_add(const char *library_path, const char *blocks_path) {
    struct stat status;
    int file = open(blocks_path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return errno;
    if (library_count == MAX_LIBRARIES || strlen(library_path) >= sizeof libraries[0].path) return E2BIG;
    struct library *library = &libraries[library_count];
    if (fstat(file, &status)) return errno;
    void *blocks = mmap(0, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (blocks == MAP_FAILED) return errno;
    library->blocks = blocks;
    const unsigned char *hot = (const unsigned char *)blocks + library->blocks->hot;
    if (library->blocks->runs && (uint32_t)XXH64(hot, status.st_size - library->blocks->hot, 0) != library->blocks->checksum)
        return EBADMSG;
    library->file = file; /* stays open for the hot pages */
    library->frames = (const unsigned char *)(runs_of(library->blocks) + library->blocks->runs);
    if (!(library->there = calloc(library->blocks->count, 1))) return ENOMEM;
    if (trace && !(library->touched = calloc(library->blocks->size / PAGE, 1))) return ENOMEM;
    strcpy(library->path, library_path);
    library_count++;
    return 0;
}

/* Blocks brought in so far, and the nanoseconds that took. */
PUBLIC uint64_t pager_blocks(void) { return blocks_brought; }
PUBLIC uint64_t pager_nanoseconds(void) { return nanoseconds_spent; }
