dtrace: failed to compile script err.D_ARGS_IDX.beyond.d: [D_ARGS_IDX] line 3: index 3 is out of range of args[ ] in irq:::handler-entry
    	trace(args[3]);
    	      ^~~~~~~
    hint: there are args[0] to args[2]
