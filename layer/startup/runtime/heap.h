/* The heap: an import of torch fills more than 30 MB of it, a page at a time, and each page's first touch is a fault. So
 * the heap is extended beforehand, and the kernel is asked for its pages all at once, and for large ones. If it has
 * neither, nothing is lost.
 */

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static void advise(char *memory, size_t size, int advice) {
    enum { PAGE = 1 << 16 }; /* no page of either architecture is larger, but for those that advice may bring */
    uintptr_t begin = ((uintptr_t)memory + PAGE) / PAGE * PAGE, end = (uintptr_t)(memory + size) / PAGE * PAGE;
    madvise((void *)begin, end - begin, advice);
}

/* malloc takes large blocks from the system and not from the heap, until a block as large was freed. So a first one is
 * freed untouched. The next ones extend the heap, and stay a part of it when they are freed. */
static void grow_heap(void) {
    enum { LARGEST = 32 << 20, SIZE = 31 << 20 }; /* malloc moves the limit up to LARGEST */
    char *volatile block = malloc(LARGEST - 8192); /* volatile: the compiler would leave out what is only freed */
    free(block);
    char *volatile sure = malloc(SIZE), *volatile likely = malloc(SIZE), *end = sbrk(0);
    if (sure && likely && sure < end && likely < end && sure > end - 4 * SIZE) {
        advise(sure, SIZE, MADV_HUGEPAGE);
        advise(sure, SIZE, MADV_POPULATE_WRITE);
        advise(likely, SIZE, MADV_HUGEPAGE);
    }
    free(likely);
    free(sure);
}
