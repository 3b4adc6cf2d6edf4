/* Brings a block of machine code in: decompresses it and puts it in its place. */

/* When tracing, a block that was brought in is made inaccessible again, so that each page's first touch is noticed. */
static void hide_block(struct library *library, uint64_t number) {
    uint64_t bytes = library->blocks->block_size;
    mprotect((void *)(library->base + library->blocks->code + number * bytes), bytes, PROT_NONE);
}

/* When tracing: record that a page was touched, and make it accessible. Returns 0 if it was recorded before. */
static int record_touch(struct library *library, uintptr_t address) {
    uintptr_t code = library->base + library->blocks->code, page = (address - code) / PAGE;
    if (library->is_touched[page]) return 0;
    library->is_touched[page] = 1;
    return !mprotect((void *)(code + page * PAGE), PAGE, PROT_READ | PROT_EXEC);
}

/* Copy a block's hot pages into the decompressed block, which has zeros in their place. */
static void copy_hot_pages(const struct header *blocks, uint64_t number, unsigned char *block) {
    const struct run *runs = runs_of(blocks);
    const unsigned char *source = (const unsigned char *)blocks + blocks->hot;
    uint64_t first = number * (blocks->block_size / PAGE), last = first + blocks->block_size / PAGE;
    for (uint64_t i = 0; i < blocks->num_runs; source += (size_t)runs[i++].num_pages * PAGE) {
        uint64_t begin = runs[i].page > first ? runs[i].page : first;
        uint64_t end = (uint64_t)runs[i].page + runs[i].num_pages < last ? runs[i].page + runs[i].num_pages : last;
        if (begin < end)
            memcpy(block + (begin - first) * PAGE, source + (begin - runs[i].page) * PAGE, (end - begin) * PAGE);
    }
}

/* Bring a block in. It is decompressed elsewhere and made executable there. Then mremap moves it into its place in one
 * step, so no thread ever sees half of it. */
static void bring_block(struct library *library, uint64_t number) {
    const struct header *blocks = library->blocks;
    struct timespec begun, ended;
    void *destination = (void *)(library->base + blocks->code + number * blocks->block_size);
    const uint64_t *offset = &blocks->offsets[number];
    clock_gettime(CLOCK_MONOTONIC, &begun);
    void *block = mmap(0, blocks->block_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) fail("no memory for a block of machine code", library->path);
    size_t size = ZSTD_decompressDCtx(decompressor, block, blocks->block_size, library->frames + offset[0],
                                      offset[1] - offset[0]);
    if (size != blocks->block_size) /* or an error: the frame carries a checksum of the block */
        fail("a block of machine code is damaged", library->path);
    copy_hot_pages(blocks, number, block);
    __builtin___clear_cache((char *)block, (char *)block + blocks->block_size);
    if (mprotect(block, blocks->block_size, PROT_READ | PROT_EXEC))
        fail("memory can't be made executable", library->path);
    if (mremap(block, blocks->block_size, blocks->block_size, MREMAP_MAYMOVE | MREMAP_FIXED, destination) == MAP_FAILED)
        fail("a block of machine code can't be put in place", library->path);
    __builtin___clear_cache((char *)destination, (char *)destination + blocks->block_size);
    library->is_present[number] = 1;
    clock_gettime(CLOCK_MONOTONIC, &ended);
    num_brought_in++;
    nanoseconds_spent += (ended.tv_sec - begun.tv_sec) * 1000000000 + ended.tv_nsec - begun.tv_nsec;
}

/* The library whose code is at an address; 0 if there is none, or the loader has not mapped it yet. */
static struct library *library_at(uintptr_t address) {
    for (int i = 0; i < num_libraries; i++) {
        uintptr_t code = libraries[i].base + libraries[i].blocks->code;
        if (libraries[i].base && address >= code && address < code + libraries[i].blocks->code_size)
            return &libraries[i];
    }
    return 0;
}
