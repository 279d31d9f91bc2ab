dtrace: failed to compile script err.D_PDESC_ZERO.misspelt.d: [D_PDESC_ZERO] line 1: probe description syscall::raed:entry does not match any probes
    syscall::raed:entry
    ^~~~~~~~~~~~~~~~~~~
