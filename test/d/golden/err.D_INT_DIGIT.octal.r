dtrace: failed to compile script err.D_INT_DIGIT.octal.d: [D_INT_DIGIT] line 3: constant 089 contains invalid digit 8
    	trace(089);
    	      ^~~
