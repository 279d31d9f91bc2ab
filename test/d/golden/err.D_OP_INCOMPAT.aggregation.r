dtrace: failed to compile script err.D_OP_INCOMPAT.aggregation.d: [D_OP_INCOMPAT] line 4: operands are of incompatible types: "aggregation" + "int"
    	x = @a + 1;
    	    ^~~~~~
    hint: the value of @a is known to printa() only
