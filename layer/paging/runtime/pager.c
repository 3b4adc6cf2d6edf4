/* Brings a library's machine code in when it is first touched.
 *
 * paging.py has taken whole pages of .text out of the library; in their place lies memory that may not be touched.
 * Touching it raises SIGSEGV; the handler decompresses the block, makes it executable and puts it there in one
 * step (mremap), so that no thread ever sees half of it. Only async-signal-safe calls are made in the handler.
 * The first touch of a library also maps its hot pages, which lie in the blocks file as they are. A kernel with
 * larger pages than theirs can't map them; there they come with their blocks, like all other code.
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

#define PUBLIC __attribute__((visibility("default")))
#define MAX_LIBRARIES 8
#define PAGE 4096
#define PATIENCE 64 /* faults of one thread at one address in a block that is there: then it is a real one */

/* What pthread_atfork is made of. That name itself is only a compatibility symbol in newer glibc's libc.so. */
extern int __register_atfork(void (*)(void), void (*)(void), void (*)(void), void *);

struct header { /* as paging.py writes it, little-endian */
    char magic[8];
    uint64_t text;  /* where the paged code begins, from the library's first byte in memory */
    uint64_t size;  /* its bytes: count blocks */
    uint64_t block; /* bytes of a block */
    uint64_t count;
    uint64_t runs;      /* of hot pages */
    uint64_t hot;       /* where the file has them, up to its end */
    uint64_t checksum;  /* of them: the lower half of XXH64, as zstd's frames have it */
    uint64_t offsets[]; /* count + 1, of each block's zstd frame from the end of this table; then the runs */
};

struct run {
    uint32_t page, pages; /* of 4096 bytes, from the beginning of the paged code */
};

static struct library {
    char path[4096];
    const struct header *blocks;
    const unsigned char *frames;
    unsigned char *there;   /* one byte a block */
    unsigned char *touched; /* one byte a page, when tracing */
    int file;
    uintptr_t base; /* 0 until the loader has mapped the library */
    int is_mapped;  /* whether its hot pages are */
} libraries[MAX_LIBRARIES];
static int library_count;

static struct sigaction original, before; /* what stood there first, and what came later and was put behind us */
static volatile char lock;
static sigset_t mask_at_fork;
static ZSTD_DCtx *decompressor;
static uint64_t blocks_brought, nanoseconds_spent;
static int reporting;
static const char *trace;
static __thread uintptr_t last_address __attribute__((tls_model("initial-exec")));
static __thread int last_count __attribute__((tls_model("initial-exec")));

static void acquire(void) { while (__atomic_test_and_set(&lock, __ATOMIC_ACQUIRE)) {} }
static void release(void) { __atomic_clear(&lock, __ATOMIC_RELEASE); }

static void fail(const char *what, const char *path) {
    const char *parts[] = {"torch_pager: ", what, ": ", path, "\n"};
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
        if (write(2, parts[i], strlen(parts[i])) < 0) break;
    abort();
}

static const struct run *runs_of(const struct header *blocks) {
    return (const struct run *)(blocks->offsets + blocks->count + 1);
}

static void map_hot_pages(struct library *library) {
    const struct header *blocks = library->blocks;
    const struct run *runs = runs_of(blocks);
    off_t from = blocks->hot;
    if (trace || sysconf(_SC_PAGESIZE) > PAGE) return;
    for (uint64_t i = 0; i < blocks->runs; i++) {
        void *place = (void *)(library->base + blocks->text + (uint64_t)runs[i].page * PAGE);
        size_t bytes = (size_t)runs[i].pages * PAGE;
        int flags = MAP_PRIVATE | MAP_FIXED | MAP_POPULATE;
        if (mmap(place, bytes, PROT_READ | PROT_EXEC, flags, library->file, from) == MAP_FAILED)
            fail("hot machine code can't be mapped", library->path);
        from += bytes;
    }
}

/* The lowest address at which /proc/self/maps has each library. Not dl_iterate_phdr: it takes the loader's lock. */
static void match_line(char *line) {
    char *path = strchr(line, '/');
    if (!path) return;
    for (int i = 0; i < library_count; i++)
        if (!libraries[i].base && !strcmp(path, libraries[i].path)) libraries[i].base = strtoul(line, 0, 16);
}

static void find_libraries(void) {
    static char text[1 << 16];
    size_t have = 0;
    ssize_t got;
    int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (maps < 0) fail("torch's libraries can't be found without it", "/proc/self/maps");
    while (have < sizeof text - 1 && (got = read(maps, text + have, sizeof text - 1 - have)) > 0) {
        char *line = text, *end;
        have += got;
        while ((end = memchr(line, '\n', text + have - line))) {
            *end = 0;
            match_line(line);
            line = end + 1;
        }
        have = text + have - line;
        memmove(text, line, have);
    }
    close(maps);
    for (int i = 0; i < library_count; i++)
        if (libraries[i].base && !libraries[i].is_mapped) {
            libraries[i].is_mapped = 1;
            map_hot_pages(&libraries[i]);
        }
}

/* When tracing, no page of a block may be touched before it was noted. */
static void hide(struct library *library, uint64_t number) {
    uint64_t bytes = library->blocks->block;
    mprotect((void *)(library->base + library->blocks->text + number * bytes), bytes, PROT_NONE);
}

static int note(struct library *library, uintptr_t address) {
    uintptr_t text = library->base + library->blocks->text, page = (address - text) / PAGE;
    if (library->touched[page]) return 0;
    library->touched[page] = 1;
    return !mprotect((void *)(text + page * PAGE), PAGE, PROT_READ | PROT_EXEC);
}

/* A block's frame has zeros where its hot pages go. */
static void copy_hot_pages(const struct header *blocks, uint64_t number, unsigned char *block) {
    const struct run *runs = runs_of(blocks);
    const unsigned char *from = (const unsigned char *)blocks + blocks->hot;
    uint64_t first = number * (blocks->block / PAGE), last = first + blocks->block / PAGE;
    for (uint64_t i = 0; i < blocks->runs; from += (size_t)runs[i++].pages * PAGE) {
        uint64_t begin = runs[i].page > first ? runs[i].page : first;
        uint64_t end = (uint64_t)runs[i].page + runs[i].pages < last ? runs[i].page + runs[i].pages : last;
        if (begin < end)
            memcpy(block + (begin - first) * PAGE, from + (begin - runs[i].page) * PAGE, (end - begin) * PAGE);
    }
}

static void bring(struct library *library, uint64_t number) {
    const struct header *blocks = library->blocks;
    struct timespec begun, ended;
    void *place = (void *)(library->base + blocks->text + number * blocks->block);
    const uint64_t *offset = &blocks->offsets[number];
    clock_gettime(CLOCK_MONOTONIC, &begun);
    void *aside = mmap(0, blocks->block, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (aside == MAP_FAILED) fail("no memory for a block of machine code", library->path);
    /* each frame carries a checksum of what comes out */
    if (ZSTD_decompressDCtx(decompressor, aside, blocks->block, library->frames + offset[0], offset[1] - offset[0]) !=
        blocks->block)
        fail("a block of machine code is damaged", library->path);
    copy_hot_pages(blocks, number, aside);
    __builtin___clear_cache((char *)aside, (char *)aside + blocks->block);
    if (mprotect(aside, blocks->block, PROT_READ | PROT_EXEC)) fail("memory can't be made executable", library->path);
    if (mremap(aside, blocks->block, blocks->block, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED)
        fail("a block of machine code can't be put in place", library->path);
    __builtin___clear_cache((char *)place, (char *)place + blocks->block);
    library->there[number] = 1;
    clock_gettime(CLOCK_MONOTONIC, &ended);
    blocks_brought++;
    nanoseconds_spent += (ended.tv_sec - begun.tv_sec) * 1000000000 + ended.tv_nsec - begun.tv_nsec;
}

static struct library *library_at(uintptr_t address) {
    for (int i = 0; i < library_count; i++) {
        uintptr_t text = libraries[i].base + libraries[i].blocks->text;
        if (libraries[i].base && address >= text && address < text + libraries[i].blocks->size) return &libraries[i];
    }
    return 0;
}

/* Whether the address lies in code that is now there, so that it can be tried again. */
static int make_touchable(struct library *library, uintptr_t address) {
    uint64_t number = (address - library->base - library->blocks->text) / library->blocks->block;
    if (!library->there[number]) {
        bring(library, number);
        if (trace) hide(library, number);
        last_count = 0;
    }
    if (trace && note(library, address)) return 1;
    /* else another thread was quicker; or somebody writes into machine code */
    last_count = address == last_address ? last_count + 1 : 0;
    last_address = address;
    return last_count < PATIENCE;
}

static int bring_in(uintptr_t address) {
    acquire();
    struct library *library = library_at(address);
    int done = 0;
    if (library) {
        done = make_touchable(library, address);
    } else {
        find_libraries(); /* maps hot pages: the address may be in one of them */
        done = library_at(address) != 0;
    }
    release();
    return done;
}

/* A fault that is not ours goes to the handler that was there before, or ends the process as it would have. */
static void pass_on(int number, siginfo_t *info, void *context) {
    struct sigaction next = before;
    before = original; /* a later handler gives back to us what it found: the next time it is not its turn */
    if (next.sa_flags & SA_SIGINFO) {
        next.sa_sigaction(number, info, context);
    } else if (next.sa_handler != SIG_DFL && next.sa_handler != SIG_IGN) {
        next.sa_handler(number);
    } else {
        struct sigaction fatal = {.sa_handler = SIG_DFL};
        sigaction(number, &fatal, 0);
        if (info->si_code <= 0) raise(number); /* sent, not a fault: it would not come again by itself */
    }
}

static void on_fault(int number, siginfo_t *info, void *context) {
    int saved = errno;
    int ours = info->si_code > 0 && bring_in((uintptr_t)info->si_addr);
    if (!ours) pass_on(number, info, context);
    errno = saved;
}

/* A child must not inherit a lock that a thread of its parent holds. */
static void before_fork(void) {
    sigset_t all, mask;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    pthread_sigmask(SIG_BLOCK, &all, &mask);
    acquire();
    mask_at_fork = mask;
}

static void after_fork(void) {
    sigset_t mask = mask_at_fork;
    release();
    pthread_sigmask(SIG_SETMASK, &mask, 0);
}

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
