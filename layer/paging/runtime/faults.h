/* Faults: those in code that is not there bring it in; all others go to the handler that was there before. */
/* Whether the address lies in code that is now there, so that it can be tried again. */
static int make_touchable(struct library *library, uintptr_t address) {
    uint64_t number = (address - library->base - library->blocks->text) / library->blocks->block;
    if (!library->there[number]) {
        bring(library, number);
        if (trace) hide(library, number);
        last_count = 0;
    }
    if (trace && note(library, address)) return 1;
    /* else another thread was quicker; or somebody writes into machine code */
    last_count = address == last_address ? last_count + 1 : 0;
    last_address = address;
    return last_count < PATIENCE;
}

static int bring_in(uintptr_t address) {
    acquire();
    struct library *library = library_at(address);
    int done = 0;
    if (library) {
        done = make_touchable(library, address);
    } else {
        find_libraries(); /* maps hot pages: the address may be in one of them */
        done = library_at(address) != 0;
    }
    release();
    return done;
}

/* A fault that is not ours goes to the handler that was there before, or ends the process as it would have. */
static void pass_on(int number, siginfo_t *info, void *context) {
    struct sigaction next = before;
    before = original; /* a later handler gives back to us what it found: the next time it is not its turn */
    if (next.sa_flags & SA_SIGINFO) {
        next.sa_sigaction(number, info, context);
    } else if (next.sa_handler != SIG_DFL && next.sa_handler != SIG_IGN) {
        next.sa_handler(number);
    } else {
        struct sigaction fatal = {.sa_handler = SIG_DFL};
        sigaction(number, &fatal, 0);
        if (info->si_code <= 0) raise(number); /* sent, not a fault: it would not come again by itself */
    }
}

static void on_fault(int number, siginfo_t *info, void *context) {
    int saved = errno;
    int ours = info->si_code > 0 && bring_in((uintptr_t)info->si_addr);
    if (!ours) pass_on(number, info, context);
    errno = saved;
}

/* A child must not inherit a lock that a thread of its parent holds. */
static void before_fork(void) {
    sigset_t all, mask;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    pthread_sigmask(SIG_BLOCK, &all, &mask);
    acquire();
    mask_at_fork = mask;
}

static void after_fork(void) {
    sigset_t mask = mask_at_fork;
    release();
    pthread_sigmask(SIG_SETMASK, &mask, 0);
}
