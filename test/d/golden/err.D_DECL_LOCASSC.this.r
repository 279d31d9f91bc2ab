dtrace: failed to compile script err.D_DECL_LOCASSC.this.d: [D_DECL_LOCASSC] line 1: clause-local variable a cannot be an associative array
    this int a[string];
    ^~~~~~~~~~~~~~~~~~
    hint: declare a thread-local array: self int a[…]
