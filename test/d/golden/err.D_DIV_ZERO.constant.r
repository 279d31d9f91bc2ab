dtrace: failed to compile script err.D_DIV_ZERO.constant.d: [D_DIV_ZERO] line 3: division by the constant zero
    	trace(pid / 0);
    	            ^
