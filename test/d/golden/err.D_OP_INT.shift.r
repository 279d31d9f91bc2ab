dtrace: failed to compile script err.D_OP_INT.shift.d: [D_OP_INT] line 3: operands of << must be of integral type
    	trace(1 << "2");
    	      ^~~~~~~~
