dtrace: failed to compile script err.D_ADDROF_VAR.args.d: [D_ADDROF_VAR] line 3: operator & cannot be applied to a variable of D, which has no address
    	trace(&args[0]);
    	      ^~~~~~~~
