/*
 * Keys whose private half is printed in a standard or part of a test suite,
 * by the SHA-256 of their SubjectPublicKeyInfo.  People paste them.
 */
#include "crypto/known_keys.h"

/* clang-format off */
const char *const known_keys[] = {
	"6fd13c2435a361e7c588cd17f55f5ad3df0177a66c1727a6a200845f4d7ab88c", /* RFC 7515, A.2 */
	"2bd1bb0c44a897c30a7aa0991cde38d8062fe441de50da0f46825344f602e827", /* RFC 7515, A.3 */
	"9146ce73d6abeda5e0ab6926e7bd9b563f2f2258b488d520534a0b84ba5871df", /* RFC 7515, A.4 */
	"51b944cdfa544d4c3273aa6bf350625a7dd53bbb6a71723274f538b19a207760", /* RFC 7517, A.1 */
	"ad32320cf6c596d884b05381ba573aba8ddd5749b4de8f4a23a79f9a89ddaeb2", /* RFC 7517, A.1 and RFC 7638, 3.1 */
	"06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9", /* RFC 8032, 7.1 and RFC 8037, A */
	"deb2ded39dc26fce0e6085b6fc34bf6b5941913bbfe2ea614113cff9e004c170", /* RFC 8032, 7.1, second */
	"8d39ba50abe50f77b6bb8ae7b6927aff7ffbeba35ad2837c0e51e82bcbcc60d5", /* RFC 8032, 7.1, third */
	"5a7a78cca4a0f420d9bc62bb669c3c2759e39f723d3ae10dcbe0f0815a07ecd4", /* RFC 6979, A.2, P-256 */
	"5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3", /* P-256, private key 1 */
	"dc0ce633dbcc913dafafa4b89ac44d8ce683fdfc3f60c8bdf21213b9f2b534ba", /* P-256, private key 2 */
	"2f95601fa82060b909bfc6b979dbd303d34d34e0afb27ea496beac362f242a4b", /* RFC 6979, A.2, P-384 */
	"29f8fe74f38c49d49810cec736a26732a30bff2e64827b709a1c63340d4f7181", /* P-384, private key 1 */
	"e04caab525cff38094dc994b28e8873b81fc5c8d1f4ce89413ff8fb31670fa82", /* P-384, private key 2 */
	"2fb6d46385242ea4ad431f7175e7014eb74a5fc60f65b50ca54cc23c5b08de38", /* RFC 6979, A.2, P-521 */
	"dcaa139396632a8daba1ba49ceccce0c417786f014698a06221b083d77754bda", /* P-521, private key 1 */
	"cd0842279982ba7b7d499a22b303400341b50f0e524eb4a8b3379165a8466cbd", /* P-521, private key 2 */
	"8fb6bad671cfe698393c453357da61b56d757ab8c0f3fb9c87f2849e63131878", /* RFC 9500, testRSA2048 */
	"96465ea5dc9bb2da7b351d808a7196e5761f2412a5040131c68d719aaba28fb9", /* RFC 9500, testRSA4096 */
	"b2b04340cfaee616ec9c2c62d261b208e54bb197498df52e8cadede23ac0ba5e", /* RFC 9500, testECCP256 */
	"c4c10105a0be0ed4dd3354428dc38a9bfee64da141ce16e75c94eda272f9dd3a", /* RFC 9500, testECCP384 */
	"acb1b8327fef995e2458fdf5e3c33b2dc0749feabd6a894cb9bda9d70ac06c24", /* RFC 9500, testECCP521 */
	"cd543d56f646059af4890457776dfdce49314088cd092b1274f62b5d4a595736", /* RFC 8946, example */
	"a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681f", /* RFC 8410, 10.1 */
	"ab8e035b61375a026a577d38c424249b74b59795e8690aecf05fcf1c23e27998", /* test suite of CPython, allsans.pem */
	"a0eb5a3d1414086256cfd994b4afe2c759376087269d7cede24af0dd95c30ab6", /* test suite of CPython, idnsans.pem */
	"be4c89ae84278a5efc10bd6bfa615e3f84b9a91110b17bb52ba6a351eaa14d4d", /* test suite of CPython, keycert.pem */
	"c3e2fc4b8742a19c114912a4fcdd9d0c58e3481c6eb4ce447b778bb7edfdde83", /* test suite of CPython, keycert2.pem */
	"8064304dc78d97bb96dcf71c5edeb7abe8412efeab98972a9749df0ab065ad37", /* test suite of CPython, keycert3.pem */
	"0a8b54336a8f109dbf0f1cf6f8ba46f9e31aeaf0c07af3fa56868f0487d895da", /* test suite of CPython, keycert4.pem */
	"990c02b92948ebe7dd937acf1ee7bda652aee927ae71dcaa027a28d8df0a23fe", /* test suite of CPython, keycertecc.pem */
	"3610893ac98cb708ebe91f3d7a7da48d9a15e9cd74ddca2976c4072ad5b9e5b4", /* test suite of CPython, nosan.pem */
	"b27242ebec6d3db0ebbe05bb7c650a421ff90348629d3e0410bc7369b337d4fd", /* test suite of CPython, pycakey.pem */
	"9b9d3c3ef2e8355d910e66c472cee6ccedeb6a24ff97eb0a80d55ef37db6928f", /* test suite of CPython, allsans.pem */
	"fe2ff9b611dd9d21678901b8e191235ab48327c483a91a050492bcc31bad3860", /* test suite of CPython, idnsans.pem */
	"1d2054b91a55916ad0dff7f13988af44ab6097b310f9c7587f2637367bd7c150", /* test suite of CPython, keycert.pem */
	"532c1cf563e57e9d3cff65cf4e313f4f0ee97755e173c0e946c850c3ab6d76dc", /* test suite of CPython, keycert2.pem */
	"e2a7b7fd502ed35454f0dd95fae8bebe86cf558ac86c49c78cb8823703cd81f3", /* test suite of CPython, keycert3.pem */
	"45f9a0efba2ef7f6d918bba1abbb96d497a69d87551b8258f8f3a44b88634b2e", /* test suite of CPython, keycert4.pem */
	"515894a88719a8d79c72ce9150c5e6e7d618c75203256fc8f511db9b9d20a0c8", /* test suite of CPython, keycertecc.pem */
	"2e969d5e71491b6cf1691ed5b16b98b9a6b60f864789b1c12ffafe3e9282086e", /* test suite of CPython, leaf-missing-aki.keycert.pem */
	"11035725de095a06370fc5df46f29eaf693aa691cac6b260de6d569a37f5cf89", /* test suite of CPython, nosan.pem */
	"edfe2d266a8e34aae10e7fdf5dbaaf4ad37d0fab6d3d738e463f59c066b3b0c5", /* test suite of CPython, pycakey.pem */
	"d67b630ea74dcbf01fa590d57c4469cff7c8170e72bcdce3510d33ef89dd5224", /* test suite of CPython, allsans.pem */
	"316541c3534f29b7cbef76e630fd05cf22c7737fc5ec16de930d5a65a10e1478", /* test suite of CPython, keycert2.pem */
	"052409d23910ef0c2147b2af3d9f8348d9365d367f312eb109ba3daaefbe55d4", /* test suite of CPython, keycert3.pem */
	"ae6cf3f89a9743877ef0585d5c9f16b6ce43a6a6dc3383dcc766742d5dc5e7b0", /* test suite of CPython, keycert4.pem */
	"78a9d7ef40805a18a68b7342168614537e61b1733c887c4f86cf4d802f6dbb26", /* test suite of CPython, pycakey.pem */
	"eb78e5f113bf5dc3e4db5ccff78d7c289f926e5da719716ca2248384657e008f", /* test suite of CPython, idnsans.pem */
	"8a12ccf7129ea49354843d05eff2603624e80830d0506170a205ba23aff2afe4", /* test suite of CPython, keycertecc.pem */
	"9449eb4873a6a19a803682bcadbdca86e8c54b139e6105c1f9dc00e7b2b997a2", /* Debian's OpenSSL of 2008 (CVE-2008-0166), one of many */
};
/* clang-format on */
const size_t n_known_keys = sizeof(known_keys) / sizeof(known_keys[0]);
