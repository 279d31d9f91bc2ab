dtrace: failed to compile script err.D_PROTO_LEN.args.d: [D_PROTO_LEN] line 3: args[ ] prototype mismatch: 2 keys passed, 1 expected
    	trace(args[0, 1]);
    	      ^~~~~~~~~~
