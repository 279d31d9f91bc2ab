dtrace: failed to compile script err.D_AGG_FUNC.constant.d: [D_AGG_FUNC] line 3: @sizes can be assigned nothing but the result of an aggregating function
    	@sizes = 1;
    	         ^
    hint: the aggregating functions are avg, count, max, min, quantize, sum
