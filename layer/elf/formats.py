"""The parts of the ELF file format that the layer reads and writes: 64-bit, little-endian (elf.h names them)."""

import struct

SYMBOL = struct.Struct("<IBBHQQ")
"""Elf64_Sym: name, info, other, section, value, size."""

RELOCATION = struct.Struct("<QQq")
"""Elf64_Rela: offset, info, addend."""

DYNAMIC_ENTRY = struct.Struct("<QQ")
"""Elf64_Dyn: tag, value."""

PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
"""Elf64_Phdr: type, flags, file offset, address, physical address, bytes in the file, bytes in memory, alignment."""

# Where fields are in the file's header (Elf64_Ehdr), in a program header and in a section header (Elf64_Shdr).
E_PHOFF = 0x20  # file offset of the program headers; e_shoff, of the section headers, is the next field
E_SHOFF = 0x28
E_PHENTSIZE = 0x36  # then come e_phnum, e_shentsize, e_shnum and e_shstrndx, two bytes each
E_PHNUM = 0x38
P_OFFSET = 8
SH_OFFSET = 24

SHN_UNDEF, SHN_ABS = 0, 0xFFF1
STB_GLOBAL, STB_WEAK = 1, 2
STT_OBJECT, STT_FUNC = 1, 2
PT_LOAD, PT_PHDR = 1, 6
PF_R = 4
DT_INIT_ARRAYSZ, DT_RELACOUNT = 27, 0x6FFFFFF9
R_RELATIVE = {"EM_X86_64": 8, "EM_AARCH64": 1027}
"""Relocations to the library's address and an addend: R_X86_64_RELATIVE, R_AARCH64_RELATIVE."""
R_ADDRESS = {"EM_X86_64": (1, 6), "EM_AARCH64": (257, 1025)}
"""Relocations to a symbol's address and an addend: R_X86_64_64 and GLOB_DAT, R_AARCH64_ABS64 and GLOB_DAT."""
