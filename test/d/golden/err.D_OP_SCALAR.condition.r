dtrace: failed to compile script err.D_OP_SCALAR.condition.d: [D_OP_SCALAR] line 3: the condition of ?: must be of scalar type
    	trace(execname ? 1 : 2);
    	      ^~~~~~~~
    hint: compare the string, as in s != ""
