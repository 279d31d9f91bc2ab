dtrace: failed to compile script err.D_ADDROF_VAR.global.d: [D_ADDROF_VAR] line 4: operator & cannot be applied to a variable of D, which has no address
    	trace(&x);
    	      ^~
