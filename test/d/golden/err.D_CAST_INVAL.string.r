dtrace: failed to compile script err.D_CAST_INVAL.string.d: [D_CAST_INVAL] line 3: cannot cast "string" to "int"
    	trace((int)execname);
    	      ^~~~~~~~~~~~~
