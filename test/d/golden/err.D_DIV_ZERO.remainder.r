dtrace: failed to compile script err.D_DIV_ZERO.remainder.d: [D_DIV_ZERO] line 3: division by the constant zero
    	trace(pid % (2 - 2));
    	             ^~~~~
