dtrace: failed to compile script err.D_AGG_SCALAR.string.d: [D_AGG_SCALAR] line 3: max( ) argument #1 is not of scalar type
    	@a = max(execname);
    	         ^~~~~~~~
