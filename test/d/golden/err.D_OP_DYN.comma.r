dtrace: failed to compile script err.D_OP_DYN.comma.d: [D_OP_DYN] line 4: an aggregation cannot be an operand of ,
    	trace((@a, 1));
    	       ^~~~~
    hint: the value of @a is known to printa() only
