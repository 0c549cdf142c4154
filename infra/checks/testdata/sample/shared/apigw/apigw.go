package apigw

import _ "clienteling/shared/clienteling"
