/* The libraries whose machine code was taken out: what is known of each, and where the loader has put it. */
#define PUBLIC __attribute__((visibility("default")))
#define MAX_LIBRARIES 8
#define PAGE 4096
#define PATIENCE 64 /* faults of one thread at one address in a block that is there: then it is a real one */

/* What pthread_atfork is made of. That name itself is only a compatibility symbol in newer glibc's libc.so. */
extern int __register_atfork(void (*)(void), void (*)(void), void (*)(void), void *);

struct header { /* as layer/paging/blocks.py writes it, little-endian */
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
