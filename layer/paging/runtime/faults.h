/* Faults: those in code that was taken out bring it in; all others go to the handler that was there before. */

/* Bring in the code at an address. Returns whether the instruction that touched it should run again. */
static int make_accessible(struct library *library, uintptr_t address) {
    uint64_t number = (address - library->base - library->blocks->code) / library->blocks->block_size;
    if (!library->is_present[number]) {
        bring_block(library, number);
        if (trace) hide_block(library, number);
        num_faults = 0;
    }
    if (trace && record_touch(library, address)) return 1;
    /* The code may be in place because another thread was quicker: then the instruction succeeds when it runs again. Or
     * the program writes into machine code: then the same fault comes again and again. */
    num_faults = address == last_address ? num_faults + 1 : 0;
    last_address = address;
    return num_faults < MAX_FAULTS;
}

/* Serve a fault at an address. Returns whether the instruction should run again: if not, the fault is a genuine one. */
static int serve_fault(uintptr_t address) {
    acquire();
    struct library *library = library_at(address);
    int is_served = 0;
    if (library) {
        is_served = make_accessible(library, address);
    } else {
        find_libraries(); /* and map their hot pages: the address may be in one of them now */
        is_served = library_at(address) != 0;
    }
    release();
    return is_served;
}

/* Pass a fault that is not the pager's to the handler that comes after it, or end the process as without a handler. */
static void pass_on(int number, siginfo_t *info, void *context) {
    acquire();
    struct sigaction next = next_handler;
    if (next.sa_flags & SA_RESETHAND) next_handler = (struct sigaction){.sa_handler = SIG_DFL};
    release();
    int is_sent = info->si_code <= 0; /* by kill or raise: it does not come again by itself */
    if (next.sa_flags & SA_SIGINFO) {
        next.sa_sigaction(number, info, context);
    } else if (next.sa_handler == SIG_DFL || (next.sa_handler == SIG_IGN && !is_sent)) {
        struct sigaction fatal = {.sa_handler = SIG_DFL};
        sigaction(number, &fatal, 0);
        if (is_sent) raise(number);
    } else if (next.sa_handler != SIG_IGN) {
        next.sa_handler(number);
    }
}

static void on_fault(int number, siginfo_t *info, void *context) {
    int saved = errno;
    int is_served = info->si_code > 0 && serve_fault((uintptr_t)info->si_addr); /* else the signal was sent */
    if (!is_served) pass_on(number, info, context);
    errno = saved;
}

/* A fork waits until no thread holds the lock: the child would have the lock, but not the thread that releases it. */
static void before_fork(void) {
    sigset_t mask = acquire_undisturbed();
    mask_at_fork = mask;
}

static void after_fork(void) { release_undisturbed(mask_at_fork); }
