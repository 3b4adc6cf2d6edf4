/* The pager: brings a library's machine code in when it is first touched.
 *
 * paging/split.py has taken whole pages of machine code out of the libraries. In their place is memory that may not be
 * accessed: to touch it raises SIGSEGV. The handler decompresses the block of code that was touched, makes it
 * executable and puts it in its place. Then the instruction that touched it runs again. The first touch of a library
 * also maps its hot pages, which are in the blocks file as they are. The handler makes async-signal-safe calls only.
 *
 * This is one program in five files: the headers beside it are parts of it that nothing else includes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
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
#include "precedence.h"

/* At exit: print the log, and write the trace. */
__attribute__((destructor)) static void report(void) {
    if (is_reporting)
        fprintf(stderr, "torch_pager: %llu blocks brought in, %.1f ms\n", (unsigned long long)num_brought_in,
                nanoseconds_spent / 1e6);
    FILE *file = trace ? fopen(trace, "a") : 0;
    for (int i = 0; i < num_libraries && file; i++)
        for (uint64_t page = 0; page < libraries[i].blocks->code_size / PAGE; page++)
            if (libraries[i].is_touched[page])
                fprintf(file, "%s %llu\n", strrchr(libraries[i].path, '/') + 1,
                        (unsigned long long)(libraries[i].blocks->code + page * PAGE));
    if (file) fclose(file);
}

/* Record from now on which pages are touched, and write them to this file at exit. Call this before pager_add. */
PUBLIC void pager_trace(const char *path) { trace = strdup(path); }

static struct sigaction first_action(void) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    sigfillset(&action.sa_mask);
    return action;
}

/* Be the first handler again, before one that code which was loaded later has installed. Returns 0, or errno. */
PUBLIC int pager_come_first(void) {
    struct sigaction action = first_action(), found;
    sigset_t mask = acquire_undisturbed();
    int code = sigaction(SIGSEGV, &action, &found) ? errno : 0;
    if (!code && found.sa_sigaction != on_fault) next_handler = found;
    release_undisturbed(mask);
    return code;
}

/* Become the first handler of SIGSEGV, and stay it. Call this once. Returns 0, or errno. */
PUBLIC int pager_install(int report_at_exit) {
    static char workspace[1 << 18] __attribute__((aligned(64)));
    void *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || mprotect(page, 4096, PROT_READ | PROT_EXEC)) return errno;
    munmap(page, 4096);
    decompressor = ZSTD_initStaticDCtx(workspace, sizeof workspace);
    if (!decompressor) return ENOMEM;
    if (__register_atfork(before_fork, after_fork, after_fork, 0)) return ENOMEM;
    is_reporting = report_at_exit;
    struct sigaction action = first_action();
    sigset_t fault;
    sigemptyset(&fault);
    sigaddset(&fault, SIGSEGV);
    if (sigaction(SIGSEGV, &action, &next_handler)) return errno;
    pthread_sigmask(SIG_UNBLOCK, &fault, 0);
    take_precedence();
    return 0;
}

/* Serve a library that is not loaded yet. Returns 0, or errno: EBADMSG if its hot pages were changed. */
PUBLIC int pager_add(const char *library_path, const char *blocks_path) {
    struct stat status;
    int file = open(blocks_path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return errno;
    if (num_libraries == MAX_LIBRARIES || strlen(library_path) >= sizeof libraries[0].path) return E2BIG;
    struct library *library = &libraries[num_libraries];
    if (fstat(file, &status)) return errno;
    void *blocks = mmap(0, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (blocks == MAP_FAILED) return errno;
    library->blocks = blocks;
    if (library->blocks->num_runs) { /* mapped for this alone, with all pages at once: that is quicker than page by page */
        size_t size = status.st_size - library->blocks->hot;
        void *hot = mmap(0, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, library->blocks->hot);
        if (hot == MAP_FAILED) return errno;
        uint32_t checksum = XXH64(hot, size, 0);
        munmap(hot, size);
        if (checksum != library->blocks->checksum_of_hot) return EBADMSG;
    }
    library->file = file;
    library->device = status.st_dev;
    library->inode = status.st_ino;
    library->frames = (const unsigned char *)(runs_of(library->blocks) + library->blocks->num_runs);
    if (!(library->is_present = calloc(library->blocks->num_blocks, 1))) return ENOMEM;
    if (trace && !(library->is_touched = calloc(library->blocks->code_size / PAGE, 1))) return ENOMEM;
    strcpy(library->path, library_path);
    num_libraries++;
    return 0;
}

/* The number of blocks brought in so far, and the nanoseconds that took. */
PUBLIC uint64_t pager_blocks(void) { return num_brought_in; }
PUBLIC uint64_t pager_nanoseconds(void) { return nanoseconds_spent; }
