/* Tells torch which processors there are where the system does not.
 *
 * On AWS Lambda's arm64 there is no /sys/devices/system/cpu (pytorch/pytorch#113568). Without it cpuinfo, a library in
 * libc10.so, fails, and so does every operator that asks it, such as the one that converts half precision to single.
 * So calls of open in libc10.so are redirected here. Two files of /sys list processors: where they are missing, a list
 * made from the affinity mask is opened instead. All else that cpuinfo needs it reads from /proc/cpuinfo.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef CPUS
#define CPUS "/sys/devices/system/cpu/"
#endif
#ifdef __aarch64__
#define JUMP_SLOT R_AARCH64_JUMP_SLOT
#else
#define JUMP_SLOT R_X86_64_JUMP_SLOT
#endif

/* A file in memory that lists processors as the kernel does: 0-LAST. */
static int list_of_processors(void) {
    cpu_set_t set;
    int last = CPU_SETSIZE - 1;
    char text[32];
    if (sched_getaffinity(0, sizeof set, &set)) return -1;
    while (last > 0 && !CPU_ISSET(last, &set)) last--;
    int length = last ? snprintf(text, sizeof text, "0-%d\n", last) : snprintf(text, sizeof text, "0\n");
    int file = memfd_create("processors", MFD_CLOEXEC);
    if (file < 0 || write(file, text, length) != length || lseek(file, 0, SEEK_SET)) return -1;
    return file;
}

static int open_or_answer(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int file = open(path, flags, flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0);
    va_end(rest);
    if (file >= 0 || errno != ENOENT || (strcmp(path, CPUS "possible") && strcmp(path, CPUS "present"))) return file;
    return list_of_processors();
}

struct search {
    const char *library;
    int replaced;
};

/* The address that an entry of the dynamic section gives. glibc adds the library's base to it on most machines. */
static const char *address(const struct dl_phdr_info *info, uint64_t value) {
    return (const char *)(value < info->dlpi_addr ? value + info->dlpi_addr : value);
}

/* Let all slots of the procedure linkage table that hold the address of open hold ours. */
static void replace(const struct dl_phdr_info *info, const Elf64_Dyn *dynamic, struct search *search) {
    const Elf64_Rela *slots = 0;
    const Elf64_Sym *symbols = 0;
    const char *names = 0;
    size_t bytes = 0, page = sysconf(_SC_PAGESIZE);
    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        if (dynamic->d_tag == DT_JMPREL) slots = (const Elf64_Rela *)address(info, dynamic->d_un.d_ptr);
        if (dynamic->d_tag == DT_PLTRELSZ) bytes = dynamic->d_un.d_val;
        if (dynamic->d_tag == DT_SYMTAB) symbols = (const Elf64_Sym *)address(info, dynamic->d_un.d_ptr);
        if (dynamic->d_tag == DT_STRTAB) names = address(info, dynamic->d_un.d_ptr);
    }
    for (size_t i = 0; slots && symbols && names && i < bytes / sizeof *slots; i++) {
        const char *name = names + symbols[ELF64_R_SYM(slots[i].r_info)].st_name;
        if (ELF64_R_TYPE(slots[i].r_info) != JUMP_SLOT || strcmp(name, "open")) continue;
        void **slot = (void **)(info->dlpi_addr + slots[i].r_offset);
        if (mprotect((void *)((uintptr_t)slot / page * page), page, PROT_READ | PROT_WRITE)) continue;
        *slot = (void *)open_or_answer;
        search->replaced = 1;
    }
}

static int visit(struct dl_phdr_info *info, size_t size, void *data) {
    struct search *search = data;
    (void)size;
    if (strcmp(info->dlpi_name, search->library)) return 0;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            replace(info, (const Elf64_Dyn *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr), search);
    return 1;
}

/* Redirect the calls of open in a loaded library. Returns whether it has any. */
__attribute__((visibility("default"))) int answer_in(const char *library) {
    struct search search = {library, 0};
    dl_iterate_phdr(visit, &search);
    return search.replaced;
}
