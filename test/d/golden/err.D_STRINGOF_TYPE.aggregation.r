dtrace: failed to compile script err.D_STRINGOF_TYPE.aggregation.d: [D_STRINGOF_TYPE] line 4: stringof cannot be applied to "aggregation"
    	trace(stringof(@a));
    	      ^~~~~~~~~~~~
    hint: the value of @a is known to printa() only
