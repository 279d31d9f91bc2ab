dtrace: failed to compile script err.D_ARGS_IDX.negative.d: [D_ARGS_IDX] line 3: index -1 is out of range of args[ ] in irq:::handler-entry
    	trace(args[-1]);
    	      ^~~~~~~~
    hint: there are args[0] to args[2]
