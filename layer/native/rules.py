"""What is known of torch's native libraries: which belong to CUDA, and what oneDNN says on Lambda's arm64."""

import re

CUDA = re.compile(
    r"lib(torch_cuda|torch_nvshmem|c10_cuda|caffe2_nvrtc|nccl|nv(?!pl_)"
    r"|cu(da|dart|pti|dnn|file|blas|fft|rand|solver|sparse))"
)
# What Amazon Linux has in every Python runtime: never to be stubbed.
SYSTEM = re.compile(r"ld-linux-|lib(c|m|dl|pthread|rt|util|gcc_s|stdc\+\+|z)\.so\.")
# Unversioned symbols that CUDA libraries define: C++ names in torch's own namespaces, and NVIDIA's C functions.
# Others without a version (std::, operator delete, pthread_once, Python's own) are the system's and Python's.
CUDA_SYMBOL = re.compile(r"_Z(T[VI])?(NK?)?(2at|3c10|4c10d|6caffe2|3sdp|5torch)|cu|nccl")
UNVERSIONED_HOST = "libtorch_cuda.so"

NO_DEVICE = 100  # cudaErrorNoDevice
# A function that returns a reference: torch writes through it while it is loaded.
RETURNS_REFERENCE = {"_ZN4c10d15get_gil_checkerEv"}
# c10::cuda::CUDACachingAllocator::allocator, a variable.
VARIABLES = {"_ZN3c104cuda20CUDACachingAllocator9allocatorE"}
ONEDNN_COMPLAINT = b"\0%s, %d: Can't open MIDR_EL1 sysfs entry\n\0"
"""What oneDNN prints at each start where /sys does not tell of the processors."""
