dtrace: failed to compile script err.D_OP_SCALAR.string.d: [D_OP_SCALAR] line 3: the operand of ! must be of scalar type
    	trace(!execname);
    	      ^~~~~~~~~
    hint: compare the string, as in s != ""
