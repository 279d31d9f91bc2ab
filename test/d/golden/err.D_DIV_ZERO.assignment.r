dtrace: failed to compile script err.D_DIV_ZERO.assignment.d: [D_DIV_ZERO] line 4: division by the constant zero
    	x /= 0;
    	     ^
