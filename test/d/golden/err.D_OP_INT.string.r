dtrace: failed to compile script err.D_OP_INT.string.d: [D_OP_INT] line 3: the operand of ~ must be of integral type
    	trace(~execname);
    	      ^~~~~~~~~
