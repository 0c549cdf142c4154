package clienteling

import _ "errors"
