dtrace: failed to compile script err.D_ARGS_MULTI.missing.d: [D_ARGS_MULTI] line 2: args[2] is not the same in all probes of the clause:
	irq:vmlinux:irq_handler:handler-entry: char *
	    irq:vmlinux:softirq:softirq-raise: no such argument
    /args[2] != 0/
     ^~~~~~~
    hint: give them clauses of their own, or use arg2
