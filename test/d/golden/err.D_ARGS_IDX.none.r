dtrace: failed to compile script err.D_ARGS_IDX.none.d: [D_ARGS_IDX] line 3: index 0 is out of range of args[ ] in BEGIN
    	trace(args[0]);
    	      ^~~~~~~
