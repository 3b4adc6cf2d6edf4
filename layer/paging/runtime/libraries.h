/* The libraries that the pager serves: their blocks files, where the loader has mapped them, and the pager's state. */

#define PUBLIC __attribute__((visibility("default")))
#define MAX_LIBRARIES 8
#define PAGE 4096
/* So many faults in a row by one thread, at one address whose code is in place, mean that they are genuine. */
#define MAX_FAULTS 64

/* pthread_atfork calls this. In newer versions of glibc, libc.so has pthread_atfork for old programs only. */
extern int __register_atfork(void (*)(void), void (*)(void), void (*)(void), void *);

/* The beginning of a blocks file, as paging/blocks.py writes it, little-endian. */
struct header {
    char magic[8];
    uint64_t code;            /* address of the code, counted from the library's first byte in memory */
    uint64_t code_size;       /* bytes */
    uint64_t block_size;      /* bytes */
    uint64_t num_blocks;
    uint64_t num_runs;        /* of neighbouring hot pages */
    uint64_t hot;             /* where in the file the hot pages begin; they go on to its end */
    uint64_t checksum_of_hot; /* the lower half of XXH64, as in zstd's frames */
    uint64_t offsets[];       /* num_blocks + 1: where zstd frames begin, from the end of this table; then the runs */
};

struct run {
    uint32_t page, num_pages; /* of 4096 bytes, counted from the first page of the code */
};

static struct library {
    char path[4096];
    const struct header *blocks;
    const unsigned char *frames;
    unsigned char *is_present; /* a byte for each block: whether it has been brought in */
    unsigned char *is_touched; /* a byte for each page, when tracing */
    int file; /* open until its hot pages are mapped */
    dev_t device; /* these two tell whether `file` is still the blocks file: a daemon closes all that it did not open */
    ino_t inode;
    uintptr_t base; /* address of the library's first byte; 0 until the loader has mapped it */
    int is_mapped;  /* whether its hot pages are */
} libraries[MAX_LIBRARIES];
static int num_libraries;

/* The handler of SIGSEGV that a fault goes to that is not the pager's. */
static struct sigaction next_handler;
static volatile char lock;
static sigset_t mask_at_fork;
static ZSTD_DCtx *decompressor;
static uint64_t num_brought_in, nanoseconds_spent;
static int is_reporting;
static const char *trace; /* path of the file to write; 0 when not tracing */
static __thread uintptr_t last_address __attribute__((tls_model("initial-exec")));
static __thread int num_faults __attribute__((tls_model("initial-exec"))); /* in a row at last_address */

static void acquire(void) { while (__atomic_test_and_set(&lock, __ATOMIC_ACQUIRE)) {} }
static void release(void) { __atomic_clear(&lock, __ATOMIC_RELEASE); }

/* Outside the handler, the lock is held with all signals blocked: their handlers may touch code. Returns the mask. */
static sigset_t acquire_undisturbed(void) {
    sigset_t all, mask;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    pthread_sigmask(SIG_BLOCK, &all, &mask);
    acquire();
    return mask;
}

static void release_undisturbed(sigset_t mask) {
    release();
    pthread_sigmask(SIG_SETMASK, &mask, 0);
}

/* Print a sentence and end the process. */
static void fail(const char *what, const char *path) {
    const char *parts[] = {"torch_pager: ", what, ": ", path, "\n"};
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
        if (write(2, parts[i], strlen(parts[i])) < 0) break;
    abort();
}

static const struct run *runs_of(const struct header *blocks) {
    return (const struct run *)(blocks->offsets + blocks->num_blocks + 1);
}

/* Map all hot pages of a library from the blocks file, and close that. A process that has closed the file does not have
 * to: a hot page is also brought in with its block, as all other code is. When tracing, hot pages are traced too. */
static void map_hot_pages(struct library *library) {
    const struct header *blocks = library->blocks;
    const struct run *runs = runs_of(blocks);
    off_t offset = blocks->hot;
    struct stat status;
    if (fstat(library->file, &status) || status.st_dev != library->device || status.st_ino != library->inode) return;
    if (trace) {
        close(library->file);
        return;
    }
    for (uint64_t i = 0; i < blocks->num_runs; i++) {
        void *destination = (void *)(library->base + blocks->code + (uint64_t)runs[i].page * PAGE);
        size_t bytes = (size_t)runs[i].num_pages * PAGE;
        int flags = MAP_PRIVATE | MAP_FIXED | MAP_POPULATE;
        if (mmap(destination, bytes, PROT_READ | PROT_EXEC, flags, library->file, offset) == MAP_FAILED)
            fail("hot machine code can't be mapped", library->path);
        offset += bytes;
    }
    close(library->file);
}

/* Note the address of a library that a line of /proc/self/maps names. The first line that names it has the lowest. */
static void match_line(char *line) {
    char *path = strchr(line, '/');
    if (!path) return;
    for (int i = 0; i < num_libraries; i++)
        if (!libraries[i].base && !strcmp(path, libraries[i].path)) libraries[i].base = strtoul(line, 0, 16);
}

/* Find the libraries that the loader has mapped since the last time, and map their hot pages. This reads
 * /proc/self/maps, because dl_iterate_phdr would take the loader's lock, which the interrupted thread may hold. */
static void find_libraries(void) {
    static char text[1 << 16];
    int num_found = 0;
    for (int i = 0; i < num_libraries; i++) num_found += libraries[i].is_mapped;
    if (num_found == num_libraries) return;
    size_t length = 0;
    ssize_t num_read;
    int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (maps < 0) fail("torch's libraries can't be found without it", "/proc/self/maps");
    while (length < sizeof text - 1 && (num_read = read(maps, text + length, sizeof text - 1 - length)) > 0) {
        char *line = text, *end;
        length += num_read;
        while ((end = memchr(line, '\n', text + length - line))) {
            *end = 0;
            match_line(line);
            line = end + 1;
        }
        length = text + length - line;
        memmove(text, line, length);
    }
    close(maps);
    for (int i = 0; i < num_libraries; i++)
        if (libraries[i].base && !libraries[i].is_mapped) {
            libraries[i].is_mapped = 1;
            map_hot_pages(&libraries[i]);
        }
}
