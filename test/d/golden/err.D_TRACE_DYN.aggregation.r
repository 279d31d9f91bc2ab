dtrace: failed to compile script err.D_TRACE_DYN.aggregation.d: [D_TRACE_DYN] line 4: trace( ) requires a value, not an aggregation
    	trace(@a);
    	      ^~
    hint: the value of @a is known to printa() only
