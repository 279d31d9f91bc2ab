dtrace: failed to compile script err.D_AGG_MDIM.twobrackets.d: [D_AGG_MDIM] line 3: @calls is indexed twice, but an aggregation has one tuple of keys
    	@calls[1][2] = count();
    	^~~~~~~~~~~~
    hint: write all keys in one pair of brackets, with commas between
