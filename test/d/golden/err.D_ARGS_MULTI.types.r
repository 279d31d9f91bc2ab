dtrace: failed to compile script err.D_ARGS_MULTI.types.d: [D_ARGS_MULTI] line 4: args[1] is not the same in all probes of the clause:
	irq:vmlinux:irq_handler:handler-entry: uintptr_t
	    irq:vmlinux:softirq:softirq-raise: uint8_t
    	trace(args[1]);
    	      ^~~~~~~
    hint: give them clauses of their own, or use arg1
