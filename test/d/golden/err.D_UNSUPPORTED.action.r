dtrace: failed to compile script err.D_UNSUPPORTED.action.d: [D_UNSUPPORTED] line 3: action ustack( ) is not available yet
    	ustack();
    	^~~~~~~~
