dtrace: failed to compile script err.D_KEY_TYPE.aggregation.d: [D_KEY_TYPE] line 4: key #1 of an aggregation cannot be of type "aggregation"
    	@b[@a] = count();
    	   ^~
    hint: the value of @a is known to printa() only
