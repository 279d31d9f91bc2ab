dtrace: failed to compile script err.D_OP_ARITH.string.d: [D_OP_ARITH] line 3: operands of * must be of arithmetic type
    	trace(execname * 2);
    	      ^~~~~~~~~~~~
