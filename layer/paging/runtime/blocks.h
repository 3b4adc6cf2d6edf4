/* A block of machine code: decompressed aside, made executable, and put in place in one step. */
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
