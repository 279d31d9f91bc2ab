dtrace: failed to compile script err.D_FUNC_UNDEF.misspelt.d: [D_FUNC_UNDEF] line 3: undefined function: prinft( )
    	prinft("hello");
    	^~~~~~~~~~~~~~~
    hint: did you mean printf( )?
