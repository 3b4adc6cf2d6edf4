"""What is known of torch's native libraries: which belong to CUDA, and what oneDNN says on Lambda's arm64."""

import re

# Libraries that belong to CUDA, and torch's own CUDA part.
CUDA = re.compile(
    r"lib(torch_cuda|torch_nvshmem|c10_cuda|caffe2_nvrtc|nccl|nv(?!pl_)"
    r"|cu(da|dart|pti|dnn|file|blas|fft|rand|solver|sparse))"
)
# Libraries that Amazon Linux has in every Python runtime. They are never stubbed.
SYSTEM = re.compile(r"ld-linux-|lib(c|m|dl|pthread|rt|util|gcc_s|stdc\+\+|z)\.so\.")
# A symbol without a version does not name its library. These are CUDA's: C++ names in torch's own namespaces, and
# NVIDIA's C functions. Others without a version (std::, operator delete, pthread_once, Python's own) are the system's
# and Python's.
CUDA_SYMBOL = re.compile(r"_Z(T[VI])?(NK?)?(2at|3c10|4c10d|6caffe2|3sdp|5torch)|cu|nccl")
# The stub that gets CUDA's symbols without a version.
UNVERSIONED_CUDA = "libtorch_cuda.so"

NO_DEVICE = 100  # cudaErrorNoDevice
# Functions that return a reference. torch writes through it while it is loaded.
RETURNS_REFERENCE = {"_ZN4c10d15get_gil_checkerEv"}
# Variables: c10::cuda::CUDACachingAllocator::allocator.
VARIABLES = {"_ZN3c104cuda20CUDACachingAllocator9allocatorE"}

ONEDNN_COMPLAINT = b"\0%s, %d: Can't open MIDR_EL1 sysfs entry\n\0"
"""What oneDNN prints at each start where /sys does not describe the processor. It goes on with its defaults."""

OLDEST_GLIBC = "2.28"
"""The oldest glibc that the layer's own libraries have to load with: the one that torch's wheels ask for."""
