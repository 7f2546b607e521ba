"""Sizes of timm's architectures: millions of parameters and numbers in the feature vector.

Counted on torch's meta device with timm 1.0.31: `sum(p.numel() for p in model.parameters())` of
`timm.create_model(name)`, and its `num_features`. Entries read `architecture:millions:features`.
"""

from __future__ import annotations

from collections.abc import Mapping

_SIZES = """
aimv2_1b_patch14_224:1235:2048 aimv2_1b_patch14_336:1236:2048 aimv2_1b_patch14_448:1237:2048
aimv2_3b_patch14_224:2721:3072 aimv2_3b_patch14_336:2722:3072 aimv2_3b_patch14_448:2723:3072
aimv2_huge_patch14_224:680.9:1536 aimv2_huge_patch14_336:681.3:1536 aimv2_huge_patch14_448:682:1536
aimv2_large_patch14_224:309.2:1024 aimv2_large_patch14_336:309.5:1024 aimv2_large_patch14_448:310:1024
bat_resnext26ts:10.73:2048 beit3_base_patch16_224:86.66:768 beit3_large_patch16_224:304.6:1024
beit_base_patch16_224:86.53:768 beit_base_patch16_384:86.74:768 beit_large_patch16_224:304.4:1024
beit_large_patch16_384:305:1024 beit_large_patch16_512:305.7:1024 beitv2_base_patch16_224:86.53:768
beitv2_large_patch16_224:304.4:1024 botnet26t_256:12.49:2048 caformer_b36:98.75:768 caformer_m36:56.2:576
caformer_s18:26.34:512 caformer_s36:39.3:512 cait_m36_384:271.2:768 cait_m48_448:356.5:768
cait_s24_224:46.92:384 cait_s24_384:47.06:384 cait_s36_384:68.37:384 cait_xs24_384:26.67:288
cait_xxs24_224:11.96:192 cait_xxs24_384:12.03:192 cait_xxs36_224:17.3:192 cait_xxs36_384:17.37:192
coat_lite_medium:44.57:512 coat_lite_medium_384:44.57:512 coat_lite_mini:11.01:512 coat_lite_small:19.84:512
coat_lite_tiny:5.722:320 coat_mini:10.34:216 coat_small:21.69:320 coat_tiny:5.499:152
coatnet_0_rw_224:27.44:768 coatnet_1_rw_224:41.72:768 coatnet_2_rw_224:73.87:1024
coatnet_3_rw_224:181.8:1536 coatnet_bn_0_rw_224:27.44:768 coatnet_nano_rw_224:15.14:512
coatnet_rmlp_1_rw2_224:41.72:768 coatnet_rmlp_1_rw_224:41.69:768 coatnet_rmlp_2_rw_224:73.88:1024
coatnet_rmlp_2_rw_384:73.88:1024 coatnet_rmlp_nano_rw_224:15.15:512 coatnext_nano_rw_224:14.7:512
convformer_b36:99.88:768 convformer_m36:57.05:576 convformer_s18:26.77:512 convformer_s36:40.01:512
convit_base:86.54:768 convit_small:27.78:432 convit_tiny:5.711:192 convmixer_1024_20_ks9_p14:24.38:1024
convmixer_1536_20:51.63:1536 convmixer_768_32:21.11:768 convnext_atto:3.696:320 convnext_atto_ols:3.703:320
convnext_base:88.59:1024 convnext_femto:5.218:384 convnext_femto_ols:5.227:384 convnext_large:197.8:1536
convnext_large_mlp:200.1:1536 convnext_nano:15.59:640 convnext_nano_ols:15.65:640 convnext_pico:9.046:512
convnext_pico_ols:9.062:512 convnext_small:50.22:768 convnext_tiny:28.59:768 convnext_tiny_hnf:28.59:768
convnext_xlarge:350.2:2048 convnext_xxlarge:846.5:3072 convnext_zepto_rms:2.156:256
convnext_zepto_rms_ols:2.164:256 convnextv2_atto:3.708:320 convnextv2_base:88.72:1024
convnextv2_femto:5.233:384 convnextv2_huge:660.3:2816 convnextv2_large:198:1536 convnextv2_nano:15.62:640
convnextv2_pico:9.066:512 convnextv2_tiny:28.64:768 cpubone_b0_bfrobust:10.37:256
cpubone_b1_bfrobust:12.44:256 cpubone_b1_dwnorm:12.43:256 cpubone_b2_bfrobust:23.87:320
cpubone_b2pt5_dwnorm:30.43:384 cpubone_b3:40.74:512 cpubone_nano:6.52:192 cpubone_s0:8.733:224
cpubone_t0:7.542:192 crossvit_15_240:27.53:576 crossvit_15_dagger_240:28.21:576
crossvit_15_dagger_408:28.5:576 crossvit_18_240:43.27:672 crossvit_18_dagger_240:44.27:672
crossvit_18_dagger_408:44.61:672 crossvit_9_240:8.553:384 crossvit_9_dagger_240:8.777:384
crossvit_base_240:105:1152 crossvit_small_240:26.86:576 crossvit_tiny_240:7.015:288
cs3darknet_focus_l:21.15:1024 cs3darknet_focus_m:9.304:768 cs3darknet_focus_s:3.275:512
cs3darknet_l:21.16:1024 cs3darknet_m:9.31:768 cs3darknet_x:35.05:1280 cs3edgenet_x:47.82:1280
cs3se_edgenet_x:50.72:1280 cs3sedarknet_l:21.91:1024 cs3sedarknet_x:35.4:1280 csatv2:11.1:386
csatv2_21m:20.7:448 cspdarknet53:27.64:1024 cspnext_l:27.16:1024 cspnext_m:13.05:768 cspnext_s:4.891:512
cspnext_tiny:2.734:384 cspnext_x:48.85:1280 cspresnet50:21.62:1024 cspresnext50:20.57:2048
darknet53:41.61:1024 darknetaa53:36.02:1024 davit_base:87.95:1024 davit_base_fl:90.37:1024
davit_huge_fl:360.6:2048 davit_small:49.75:768 davit_tiny:28.36:768 deit3_base_patch16_224:86.59:768
deit3_base_patch16_384:86.88:768 deit3_huge_patch14_224:632.1:1280 deit3_large_patch16_224:304.4:1024
deit3_large_patch16_384:304.8:1024 deit3_medium_patch16_224:38.85:512 deit3_small_patch16_224:22.06:384
deit3_small_patch16_384:22.21:384 deit_base_distilled_patch16_224:87.34:768
deit_base_distilled_patch16_384:87.63:768 deit_base_patch16_224:86.57:768 deit_base_patch16_384:86.86:768
deit_small_distilled_patch16_224:22.44:384 deit_small_patch16_224:22.05:384
deit_tiny_distilled_patch16_224:5.911:192 deit_tiny_patch16_224:5.717:192 densenet121:7.979:1024
densenet161:28.68:2208 densenet169:14.15:1664 densenet201:20.01:1920 densenetblur121d:7.998:1024
dla102:33.27:1024 dla102x:26.31:1024 dla102x2:41.28:1024 dla169:53.39:1024 dla34:15.74:512 dla46_c:1.301:256
dla46x_c:1.068:256 dla60:22.04:1024 dla60_res2net:20.85:1024 dla60_res2next:17.03:1024 dla60x:17.35:1024
dla60x_c:1.32:256 dm_nfnet_f0:71.49:3072 dm_nfnet_f1:132.6:3072 dm_nfnet_f2:193.8:3072
dm_nfnet_f3:254.9:3072 dm_nfnet_f4:316.1:3072 dm_nfnet_f5:377.2:3072 dm_nfnet_f6:438.4:3072
dpn107:86.92:2688 dpn131:79.25:2688 dpn68:12.61:832 dpn68b:12.61:832 dpn92:37.67:2688 dpn98:61.57:2688
eca_botnext26ts_256:10.59:2048 eca_halonext26ts:10.76:2048 eca_nfnet_l0:24.14:2304 eca_nfnet_l1:41.41:3072
eca_nfnet_l2:56.72:3072 eca_resnet33ts:19.68:1280 eca_resnext26ts:10.3:2048 ecaresnet101d:44.57:2048
ecaresnet101d_pruned:24.88:2042 ecaresnet269d:102.1:2048 ecaresnet26t:16.01:2048 ecaresnet50d:25.58:2048
ecaresnet50d_pruned:19.94:2022 ecaresnet50t:25.57:2048 ecaresnetlight:30.16:2048 edgenext_base:18.51:584
edgenext_small:5.587:304 edgenext_small_rw:7.827:384 edgenext_x_small:2.337:192 edgenext_xx_small:1.327:168
efficientformer_l1:12.29:448 efficientformer_l3:31.41:512 efficientformer_l7:82.23:768
efficientformerv2_l:26.32:384 efficientformerv2_s0:3.6:176 efficientformerv2_s1:6.186:224
efficientformerv2_s2:12.71:288 efficientnet_b0:5.289:1280 efficientnet_b1:7.794:1280
efficientnet_b1_pruned:6.332:1280 efficientnet_b2:9.11:1408 efficientnet_b2_pruned:8.31:1408
efficientnet_b3:12.23:1536 efficientnet_b3_pruned:9.855:1536 efficientnet_b4:19.34:1792
efficientnet_b5:30.39:2048 efficientnet_el:10.59:1536 efficientnet_el_pruned:10.59:1536
efficientnet_em:6.899:1280 efficientnet_es:5.438:1280 efficientnet_es_pruned:5.438:1280
efficientnet_h_b5:45.88:2456 efficientnet_lite0:4.652:1280 efficientnet_x_b5:33.44:2048
efficientnetv2_rw_m:53.24:2152 efficientnetv2_rw_s:23.94:1792 efficientnetv2_rw_t:13.65:1024
efficientvim_m1:6.679:960 efficientvim_m1_dist:7.643:960 efficientvim_m2:13.9:1408
efficientvim_m2_dist:15.32:1408 efficientvim_m3:16.6:1568 efficientvim_m3_dist:18.18:1568
efficientvim_m4:19.61:1568 efficientvim_m4_dist:21.18:1568 efficientvit_b0:3.41:128
efficientvit_b1:9.102:256 efficientvit_b2:24.33:384 efficientvit_b3:48.65:512 efficientvit_l1:52.65:512
efficientvit_l2:63.71:512 efficientvit_l3:246:1024 efficientvit_m0:2.349:192 efficientvit_m1:2.981:192
efficientvit_m2:4.188:224 efficientvit_m3:6.901:320 efficientvit_m4:8.804:384 efficientvit_m5:12.47:384
ese_vovnet19b_dw:6.543:1024 ese_vovnet39b:24.57:1024 ese_vovnet57b:38.61:1024
eva02_base_patch14_224:85.76:768 eva02_base_patch14_448:87.12:768 eva02_base_patch16_clip_224:86.26:768
eva02_enormous_patch14_clip_224:4351:1792 eva02_large_patch14_224:303.3:1024
eva02_large_patch14_448:305.1:1024 eva02_large_patch14_clip_224:304.1:1024
eva02_large_patch14_clip_336:304.4:1024 eva02_small_patch14_224:21.62:384 eva02_small_patch14_336:22.13:384
eva02_tiny_patch14_224:5.502:192 eva02_tiny_patch14_336:5.757:192 eva_giant_patch14_224:1013:1408
eva_giant_patch14_336:1013:1408 eva_giant_patch14_560:1014:1408 eva_giant_patch14_clip_224:1013:1408
eva_large_patch14_196:304.1:1024 eva_large_patch14_336:304.5:1024 fasternet_l:93.47:1536
fasternet_m:53.52:1152 fasternet_s:31.18:1024 fasternet_t0:3.905:320 fasternet_t1:7.595:512
fasternet_t2:14.98:768 fastvit_ma36:44.07:1216 fastvit_mci0:11.41:1024 fastvit_mci1:21.54:1024
fastvit_mci2:35.82:1280 fastvit_mci3:125.2:3072 fastvit_mci4:321.8:4096 fastvit_s12:9.474:1024
fastvit_sa12:11.58:1024 fastvit_sa24:21.55:1024 fastvit_sa36:31.53:1024 fastvit_t12:7.554:1024
fastvit_t8:4.026:768 fbnetc_100:5.572:1984 fbnetv3_b:8.598:1344 fbnetv3_d:10.31:1440 fbnetv3_g:16.62:1728
flexivit_base:86.59:768 flexivit_large:304.4:1024 flexivit_small:22.06:384 focalnet_base_lrf:88.75:1024
focalnet_base_srf:88.15:1024 focalnet_huge_fl3:745.3:2816 focalnet_huge_fl4:686.5:2816
focalnet_large_fl3:239.1:1536 focalnet_large_fl4:239.3:1536 focalnet_small_lrf:50.34:768
focalnet_small_srf:49.89:768 focalnet_tiny_lrf:28.65:768 focalnet_tiny_srf:28.43:768
focalnet_xlarge_fl3:408.8:2048 focalnet_xlarge_fl4:409:2048 gc_efficientnetv2_rw_t:13.68:1024
gcresnet33ts:19.88:1280 gcresnet50t:25.9:2048 gcresnext26ts:10.48:2048 gcresnext50ts:15.67:2048
gemma4_vit_167m:167.4:768 gemma4_vit_167m_enc:167.4:768 gemma4_vit_570m:569.5:1152
gemma4_vit_570m_enc:569.5:1152 gernet_l:31.08:2560 gernet_m:21.14:2560 gernet_s:8.174:1920
ghostnet_100:5.183:960 ghostnetv2_100:6.157:960 ghostnetv2_130:8.96:1248 ghostnetv2_160:12.39:1536
ghostnetv3_100:8.129:960 gmixer_24_224:24.72:384 gmlp_s16_224:19.42:256 halo2botnet50ts_256:22.64:2048
halonet26t:12.48:2048 halonet50ts:22.73:2048 haloregnetz_b:11.68:1536 hardcorenas_a:5.26:960
hardcorenas_b:5.177:960 hardcorenas_c:5.521:960 hardcorenas_d:7.5:960 hardcorenas_e:8.071:960
hardcorenas_f:8.2:960 hgnet_base:71.58:1280 hgnet_small:24.36:1024 hgnet_tiny:14.74:768
hgnetv2_b0:5.997:1024 hgnetv2_b1:6.343:1024 hgnetv2_b2:11.22:1536 hgnetv2_b3:16.29:2048 hgnetv2_b4:19.8:2048
hgnetv2_b5:39.57:2048 hgnetv2_b6:75.26:2048 hiera_base_224:51.52:768 hiera_base_plus_224:69.9:896
hiera_huge_224:672.8:2048 hiera_large_224:213.7:1152 hiera_small_224:35.01:768
hiera_small_abswin_256:34.36:768 hiera_tiny_224:27.91:768 hrnet_w18:21.3:2048 hrnet_w18_small:13.19:2048
hrnet_w18_small_v2:15.6:2048 hrnet_w18_ssld:21.3:2048 hrnet_w30:37.71:2048 hrnet_w32:41.23:2048
hrnet_w40:57.56:2048 hrnet_w44:67.06:2048 hrnet_w48:77.47:2048 hrnet_w48_ssld:77.47:2048
hrnet_w64:128.1:2048 iformer_h:99.6:768 iformer_l:14.78:384 iformer_l2_distilled:25.03:512
iformer_l_distilled:15.17:384 iformer_m:8.907:384 iformer_m_distilled:9.293:384 iformer_s:6.563:320
iformer_t:2.886:256 inception_next_atto:4.157:320 inception_next_base:86.67:1024
inception_next_small:49.37:768 inception_next_tiny:28.06:768 inception_v3:23.83:2048
lambda_resnet26rpt_256:10.99:2048 lambda_resnet26t:10.96:2048 lambda_resnet50ts:21.54:2048
lamhalobotnet50ts_256:22.57:2048 lcnet_050:1.881:256 lcnet_075:2.358:384 lcnet_100:2.954:512
lcnetv2_base:6.687:1024 lcnetv2_large:10.54:1280 lcnetv2_small:4.129:768 levit_128:9.214:384
levit_128s:7.777:384 levit_192:10.95:384 levit_256:18.89:512 levit_384:39.13:768 levit_conv_128:9.214:384
levit_conv_128s:7.777:384 levit_conv_192:10.95:384 levit_conv_256:18.89:512 levit_conv_384:39.13:768
lowformer_b0:14.1:256 lowformer_b1:17.94:256 lowformer_b15:33.98:320 lowformer_b3:57.09:512
lowformer_e1:18.9:320 lowformer_e2:22.75:512 lowformer_e3:41.32:512 mambaout_base:84.81:768
mambaout_base_plus_rw:101.7:768 mambaout_base_short_rw:88.83:768 mambaout_base_tall_rw:86.48:768
mambaout_base_wide_rw:94.45:768 mambaout_femto:7.305:288 mambaout_kobe:9.141:288 mambaout_small:48.49:576
mambaout_small_rw:48.5:576 mambaout_tiny:26.55:576 maxvit_base_tf_224:119.5:768 maxvit_base_tf_384:119.7:768
maxvit_base_tf_512:119.9:768 maxvit_large_tf_224:211.8:1024 maxvit_large_tf_384:212:1024
maxvit_large_tf_512:212.3:1024 maxvit_nano_rw_256:15.45:512 maxvit_rmlp_base_rw_224:116.1:768
maxvit_rmlp_base_rw_384:116.1:768 maxvit_rmlp_nano_rw_256:15.5:512 maxvit_rmlp_pico_rw_256:7.516:256
maxvit_rmlp_small_rw_224:64.9:768 maxvit_rmlp_tiny_rw_256:29.15:512 maxvit_small_tf_224:68.93:768
maxvit_small_tf_384:69.02:768 maxvit_small_tf_512:69.13:768 maxvit_tiny_rw_224:29.06:512
maxvit_tiny_tf_224:30.92:512 maxvit_tiny_tf_384:30.98:512 maxvit_tiny_tf_512:31.05:512
maxvit_xlarge_tf_224:507:1536 maxvit_xlarge_tf_384:475.3:1536 maxvit_xlarge_tf_512:475.8:1536
maxxvit_rmlp_nano_rw_256:16.78:512 maxxvit_rmlp_small_rw_256:66.01:768 maxxvitv2_nano_rw_256:23.7:768
maxxvitv2_rmlp_base_rw_224:116.1:1024 maxxvitv2_rmlp_base_rw_384:116.1:1024 mixer_b16_224:59.88:768
mixer_l16_224:208.2:1024 mixnet_l:7.329:1536 mixnet_m:5.014:1536 mixnet_s:4.135:1536 mixnet_xl:11.9:1536
mnasnet_100:4.383:1280 mnasnet_small:2.03:1280 mobilenet_edgetpu_v2_m:8.463:1344 mobilenetv1_100:4.232:1024
mobilenetv1_100h:5.283:1024 mobilenetv1_125:6.271:1280 mobilenetv2_050:1.969:1280 mobilenetv2_100:3.505:1280
mobilenetv2_110d:4.517:1280 mobilenetv2_120d:5.831:1280 mobilenetv2_140:6.109:1792
mobilenetv3_large_100:5.483:960 mobilenetv3_large_150d:14.62:1440 mobilenetv3_rw:5.48:960
mobilenetv3_small_050:1.593:288 mobilenetv3_small_075:2.042:432 mobilenetv3_small_100:2.543:576
mobilenetv4_conv_aa_large:32.59:960 mobilenetv4_conv_blur_medium:9.716:960 mobilenetv4_conv_large:32.59:960
mobilenetv4_conv_medium:9.716:960 mobilenetv4_conv_small:3.774:960 mobilenetv4_conv_small_050:2.239:480
mobilenetv4_hybrid_large:37.76:960 mobilenetv4_hybrid_medium:11.07:960 mobilenetv5_300m:294.1:2048
mobileone_s0:5.293:1024 mobileone_s1:4.825:1280 mobileone_s2:7.885:2048 mobileone_s3:10.17:2048
mobileone_s4:14.95:2048 mobilevit_s:5.579:640 mobilevit_xs:2.318:384 mobilevit_xxs:1.272:320
mobilevitv2_050:1.371:256 mobilevitv2_075:2.866:384 mobilevitv2_100:4.902:512 mobilevitv2_125:7.478:640
mobilevitv2_150:10.59:768 mobilevitv2_175:14.25:896 mobilevitv2_200:18.45:1024 mvitv2_base:51.47:768
mvitv2_base_cls:65.44:768 mvitv2_huge_cls:694.8:1536 mvitv2_large:218:1152 mvitv2_large_cls:234.6:1152
mvitv2_small:34.87:768 mvitv2_tiny:24.17:768 naflexvit_base_patch16_gap:86.63:768
naflexvit_base_patch16_par_gap:86.63:768 naflexvit_base_patch16_parfac_gap:86.46:768
naflexvit_base_patch16_siglip:92.93:768 naflexvit_so400m_patch16_siglip:427.9:1152 nest_base_jx:67.72:512
nest_small_jx:38.35:384 nest_tiny_jx:17.06:384 nextvit_base:44.82:1024 nextvit_large:57.87:1024
nextvit_small:31.76:1024 nf_regnet_b1:10.22:960 nf_resnet50:25.56:2048 nfnet_l0:35.07:2304
pit_b_224:73.76:1024 pit_b_distilled_224:74.79:1024 pit_s_224:23.46:576 pit_s_distilled_224:24.04:576
pit_ti_224:4.847:256 pit_ti_distilled_224:5.104:256 pit_xs_224:10.62:384 pit_xs_distilled_224:11:384
poolformer_m36:56.17:768 poolformer_m48:73.47:768 poolformer_s12:11.92:512 poolformer_s24:21.39:512
poolformer_s36:30.86:512 poolformerv2_m36:56.08:768 poolformerv2_m48:73.35:768 poolformerv2_s12:11.89:512
poolformerv2_s24:21.34:512 poolformerv2_s36:30.79:512 pvt_v2_b0:3.667:256 pvt_v2_b1:14.01:512
pvt_v2_b2:25.36:512 pvt_v2_b2_li:22.55:512 pvt_v2_b3:45.24:512 pvt_v2_b4:62.56:512 pvt_v2_b5:81.96:512
rdnet_base:87.45:1760 rdnet_large:186.3:2000 rdnet_small:50.44:1264 rdnet_tiny:23.86:1040
regnetv_040:20.64:1088 regnetv_064:30.58:1296 regnetx_002:2.685:368 regnetx_004:5.158:384
regnetx_004_tv:5.496:400 regnetx_006:6.196:528 regnetx_008:7.26:672 regnetx_016:9.19:912
regnetx_032:15.3:1008 regnetx_040:22.12:1360 regnetx_064:26.21:1624 regnetx_080:39.57:1920
regnetx_120:46.11:2240 regnetx_160:54.28:2048 regnetx_320:107.8:2520 regnety_002:3.163:368
regnety_004:4.344:440 regnety_006:6.055:608 regnety_008:6.263:768 regnety_008_tv:6.433:784
regnety_016:11.2:888 regnety_032:19.44:1512 regnety_040:20.65:1088 regnety_064:30.58:1296
regnety_080:39.18:2016 regnety_080_tv:39.38:2016 regnety_120:51.82:2240 regnety_1280:644.8:7392
regnety_160:83.59:3024 regnety_2560:1283:10444 regnety_320:145:3712 regnety_640:281.4:4920
regnetz_040:27.12:528 regnetz_040_h:28.94:1536 regnetz_b16:9.715:1536 regnetz_c16:13.46:1536
regnetz_c16_evos:13.49:1536 regnetz_d32:27.58:1792 regnetz_d8:23.37:1792 regnetz_d8_evos:23.46:1792
regnetz_e8:57.7:2048 repghostnet_050:2.314:480 repghostnet_058:2.546:556 repghostnet_080:3.279:768
repghostnet_100:4.074:960 repghostnet_111:4.54:1064 repghostnet_130:5.479:1248 repghostnet_150:6.575:1440
repghostnet_200:9.796:1920 repvgg_a0:9.109:1280 repvgg_a1:14.09:1280 repvgg_a2:28.21:1408
repvgg_b0:15.82:1280 repvgg_b1:57.42:2048 repvgg_b1g4:39.97:2048 repvgg_b2:89.02:2560 repvgg_b2g4:61.76:2560
repvgg_b3:123.1:2560 repvgg_b3g4:83.83:2560 repvgg_d2se:133.3:2560 repvit_m0_9:5.489:384 repvit_m1:5.485:384
repvit_m1_0:7.303:448 repvit_m1_1:8.803:512 repvit_m1_5:14.64:512 repvit_m2:8.798:512 repvit_m2_3:23.69:640
repvit_m3:10.68:512 res2net101_26w_4s:45.21:2048 res2net101d:45.23:2048 res2net50_14w_8s:25.06:2048
res2net50_26w_4s:25.7:2048 res2net50_26w_6s:37.05:2048 res2net50_26w_8s:48.4:2048
res2net50_48w_2s:25.29:2048 res2net50d:25.72:2048 res2next50:24.67:2048 resmlp_12_224:15.35:384
resmlp_24_224:30.02:384 resmlp_36_224:44.69:384 resmlp_big_24_224:129.1:768 resnest101e:48.28:2048
resnest14d:10.61:2048 resnest200e:70.2:2048 resnest269e:110.9:2048 resnest26d:17.07:2048
resnest50d:27.48:2048 resnest50d_1s4x24d:25.68:2048 resnest50d_4s2x40d:30.42:2048 resnet101:44.55:2048
resnet101_clip:56.26:2048 resnet101_clip_gap:42.52:2048 resnet101c:44.57:2048 resnet101d:44.57:2048
resnet101s:44.67:2048 resnet10t:5.435:512 resnet14t:10.08:2048 resnet152:60.19:2048 resnet152c:60.21:2048
resnet152d:60.21:2048 resnet152s:60.32:2048 resnet18:11.69:512 resnet18d:11.71:512 resnet200d:64.69:2048
resnet26:16:2048 resnet26d:16.01:2048 resnet26t:16.01:2048 resnet32ts:17.96:1536 resnet33ts:19.68:1280
resnet34:21.8:512 resnet34d:21.82:512 resnet50:25.56:2048 resnet50_clip:38.32:2048
resnet50_clip_gap:23.53:2048 resnet50_gn:25.56:2048 resnet50c:25.58:2048 resnet50d:25.58:2048
resnet50s:25.68:2048 resnet50x16_clip:167.3:3072 resnet50x16_clip_gap:136.2:3072 resnet50x4_clip:87.14:2560
resnet50x4_clip_gap:65.62:2560 resnet50x64_clip:420.4:4096 resnet50x64_clip_gap:365:4096 resnet51q:35.7:2048
resnet61q:36.85:2048 resnetaa101d:44.57:2048 resnetaa50:25.56:2048 resnetaa50d:25.58:2048
resnetblur50:25.56:2048 resnetrs101:63.62:2048 resnetrs152:86.62:2048 resnetrs200:93.21:2048
resnetrs270:129.9:2048 resnetrs350:164:2048 resnetrs420:191.9:2048 resnetrs50:35.69:2048
resnetv2_101:44.54:2048 resnetv2_101x1_bit:44.54:2048 resnetv2_101x3_bit:387.9:6144
resnetv2_152x2_bit:236.3:4096 resnetv2_152x4_bit:936.5:8192 resnetv2_18:11.69:512 resnetv2_18d:11.71:512
resnetv2_34:21.8:512 resnetv2_34d:21.82:512 resnetv2_50:25.55:2048 resnetv2_50d_evos:25.59:2048
resnetv2_50d_gn:25.57:2048 resnetv2_50x1_bit:25.55:2048 resnetv2_50x3_bit:217.3:6144
resnext101_32x16d:194:2048 resnext101_32x32d:468.5:2048 resnext101_32x4d:44.18:2048
resnext101_32x8d:88.79:2048 resnext101_64x4d:83.46:2048 resnext26ts:10.3:2048 resnext50_32x4d:25.03:2048
resnext50d_32x4d:25.05:2048 rexnet_100:4.797:1280 rexnet_130:7.557:1664 rexnet_150:9.729:1920
rexnet_200:16.37:2560 rexnet_300:34.71:3840 rexnetr_200:16.52:2560 rexnetr_300:34.81:3840
sam2_hiera_base_plus:68.68:896 sam2_hiera_large:212.2:1152 sam2_hiera_small:33.95:768
sam2_hiera_tiny:26.85:768 samvit_base_patch16:89.67:256 samvit_huge_patch16:637:256
samvit_large_patch16:308.3:256 sebotnet33ts_256:13.7:1280 sehalonet33ts:13.69:1280 selecsls42b:32.46:1024
selecsls60:30.67:1280 selecsls60b:32.77:1024 semnasnet_075:2.912:1280 semnasnet_100:3.887:1280
senet154:115.1:2048 sequencer2d_l:54.3:384 sequencer2d_m:38.31:384 sequencer2d_s:27.65:384
seresnet152d:66.84:2048 seresnet33ts:19.78:1280 seresnet50:28.09:2048 seresnext101_32x4d:48.96:2048
seresnext101_32x8d:93.57:2048 seresnext101_64x4d:88.23:2048 seresnext101d_32x8d:93.59:2048
seresnext26d_32x4d:16.81:2048 seresnext26t_32x4d:16.81:2048 seresnext26ts:10.39:2048
seresnext50_32x4d:27.56:2048 seresnextaa101d_32x8d:93.59:2048 seresnextaa201d_32x8d:149.4:2048
shvit_s1:6.331:320 shvit_s2:11.48:448 shvit_s3:14.25:448 shvit_s4:16.59:448 skresnet18:11.96:512
skresnet34:22.28:512 skresnext50_32x4d:27.48:2048 spnasnet_100:4.422:1280 starnet_s1:2.869:192
starnet_s2:3.682:256 starnet_s3:5.751:256 starnet_s4:7.483:256 swiftformer_l1:12.06:384
swiftformer_l3:28.49:512 swiftformer_s:6.092:224 swiftformer_xs:3.475:220
swin_base_patch4_window12_384:87.9:1024 swin_base_patch4_window7_224:87.77:1024
swin_large_patch4_window12_384:196.7:1536 swin_large_patch4_window7_224:196.5:1536
swin_s3_base_224:71.13:768 swin_s3_small_224:49.74:768 swin_s3_tiny_224:28.33:768
swin_small_patch4_window7_224:49.61:768 swin_tiny_patch4_window7_224:28.29:768
swinv2_base_window12_192:109.3:1024 swinv2_base_window12to16_192to256:87.92:1024
swinv2_base_window12to24_192to384:87.92:1024 swinv2_base_window16_256:87.92:1024
swinv2_base_window8_256:87.92:1024 swinv2_cr_small_224:49.7:768 swinv2_cr_small_ns_224:49.7:768
swinv2_cr_tiny_ns_224:28.33:768 swinv2_large_window12_192:228.8:1536
swinv2_large_window12to16_192to256:196.7:1536 swinv2_large_window12to24_192to384:196.7:1536
swinv2_small_window16_256:49.73:768 swinv2_small_window8_256:49.73:768 swinv2_tiny_window16_256:28.35:768
swinv2_tiny_window8_256:28.35:768 test_byobnet:0.4569:256 test_convnext:0.2721:64 test_convnext2:0.4778:128
test_convnext3:0.4688:128 test_efficientnet:0.3562:256 test_efficientnet_evos:0.3573:256
test_efficientnet_gn:0.3562:256 test_efficientnet_ln:0.3562:256 test_nfnet:0.3831:192 test_resnet:0.4697:96
test_vit:0.3712:64 test_vit2:0.4557:64 test_vit3:0.9303:96 tf_efficientnet_b0:5.289:1280
tf_efficientnet_b1:7.794:1280 tf_efficientnet_b2:9.11:1408 tf_efficientnet_b3:12.23:1536
tf_efficientnet_b4:19.34:1792 tf_efficientnet_b5:30.39:2048 tf_efficientnet_b6:43.04:2304
tf_efficientnet_b7:66.35:2560 tf_efficientnet_b8:87.41:2816 tf_efficientnet_cc_b0_4e:13.31:1280
tf_efficientnet_cc_b0_8e:24.01:1280 tf_efficientnet_cc_b1_8e:39.72:1280 tf_efficientnet_el:10.59:1536
tf_efficientnet_em:6.899:1280 tf_efficientnet_es:5.438:1280 tf_efficientnet_l2:480.3:5504
tf_efficientnet_lite0:4.652:1280 tf_efficientnet_lite1:5.417:1280 tf_efficientnet_lite2:6.092:1280
tf_efficientnet_lite3:8.197:1280 tf_efficientnet_lite4:13.01:1280 tf_efficientnetv2_b0:7.14:1280
tf_efficientnetv2_b1:8.141:1280 tf_efficientnetv2_b2:10.1:1408 tf_efficientnetv2_b3:14.36:1536
tf_efficientnetv2_l:118.5:1280 tf_efficientnetv2_m:54.14:1280 tf_efficientnetv2_s:21.46:1280
tf_efficientnetv2_xl:208.1:1280 tf_mixnet_l:7.329:1536 tf_mixnet_m:5.014:1536 tf_mixnet_s:4.135:1536
tf_mobilenetv3_large_075:3.994:720 tf_mobilenetv3_large_100:5.483:960
tf_mobilenetv3_large_minimal_100:3.924:960 tf_mobilenetv3_small_075:2.042:432
tf_mobilenetv3_small_100:2.543:576 tf_mobilenetv3_small_minimal_100:2.045:576 tiny_vit_11m_224:20.35:448
tiny_vit_21m_224:33.22:576 tiny_vit_21m_384:21.23:576 tiny_vit_21m_512:21.27:576 tiny_vit_5m_224:12.08:320
tinynet_a:6.188:1280 tinynet_b:3.731:1280 tinynet_c:2.457:1280 tinynet_d:2.338:1280 tinynet_e:2.043:1280
tnt_b_patch16_224:65.43:640 tnt_s_legacy_patch16_224:23.76:384 tnt_s_patch16_224:23.77:384
tresnet_l:55.99:2432 tresnet_m:31.39:2048 tresnet_v2_l:46.17:2048 tresnet_xl:78.44:2656
twins_pcpvt_base:43.83:512 twins_pcpvt_large:60.99:512 twins_pcpvt_small:24.11:512 twins_svt_base:56.07:768
twins_svt_large:99.27:1024 twins_svt_small:24.06:512 vgg11:132.9:512 vgg11_bn:132.9:512 vgg13:133:512
vgg13_bn:133.1:512 vgg16:138.4:512 vgg16_bn:138.4:512 vgg19:143.7:512 vgg19_bn:143.7:512
visformer_small:40.22:768 visformer_tiny:10.32:384 vit_5b_patch16_sapiens2:5067:2432
vit_7b_patch16_dinov3:6716:4096 vit_base_mci_224:86.35:768 vit_base_patch14_dinov2:86.58:768
vit_base_patch14_reg1_tipsv2:86.31:768 vit_base_patch14_reg4_dinov2:86.58:768 vit_base_patch16_224:86.57:768
vit_base_patch16_224_miil:94.4:768 vit_base_patch16_384:86.86:768 vit_base_patch16_clip_224:86.57:768
vit_base_patch16_clip_384:86.86:768 vit_base_patch16_dinov3:85.64:768 vit_base_patch16_dinov3_qkvb:85.66:768
vit_base_patch16_lingbot:85.66:768 vit_base_patch16_plus_clip_240:117.2:896
vit_base_patch16_radio_v3:86.46:768 vit_base_patch16_rope_224:86.43:768
vit_base_patch16_rope_ape_224:86.59:768 vit_base_patch16_rope_mixed_224:86.44:768
vit_base_patch16_rope_mixed_ape_224:86.59:768 vit_base_patch16_rope_reg1_gap_256:86.43:768
vit_base_patch16_rpn_224:86.54:768 vit_base_patch16_sapiens2:114:768 vit_base_patch16_siglip_224:92.88:768
vit_base_patch16_siglip_256:92.93:768 vit_base_patch16_siglip_384:93.18:768
vit_base_patch16_siglip_512:93.52:768 vit_base_patch16_siglip_gap_224:85.8:768
vit_base_patch16_siglip_gap_256:85.84:768 vit_base_patch16_siglip_gap_384:86.09:768
vit_base_patch16_siglip_gap_512:86.43:768 vit_base_patch32_224:88.22:768 vit_base_patch32_384:88.3:768
vit_base_patch32_clip_224:88.22:768 vit_base_patch32_clip_256:87.86:768 vit_base_patch32_clip_384:88.3:768
vit_base_patch32_clip_448:88.34:768 vit_base_patch32_siglip_256:94.55:768
vit_base_patch32_siglip_gap_256:87.47:768 vit_base_patch8_224:86.58:768 vit_base_r50_s16_224:97.89:768
vit_base_r50_s16_384:98.95:768 vit_betwixt_patch16_reg1_gap_256:60.4:640
vit_betwixt_patch16_reg4_gap_256:60.4:640 vit_betwixt_patch16_reg4_gap_384:60.6:640
vit_betwixt_patch16_rope_reg4_gap_256:60.23:640 vit_betwixt_patch32_clip_224:61.41:640
vit_dlittle_patch16_reg1_gap_256:22.52:320 vit_dpwee_patch16_reg1_gap_256:15.25:256
vit_dwee_patch16_reg1_gap_256:13.43:256 vit_giant_patch14_clip_224:1013:1408
vit_giant_patch14_dinov2:1136:1536 vit_giant_patch14_reg1_tipsv2:1136:1536
vit_giant_patch14_reg4_dinov2:1136:1536 vit_giant_patch16_lingbot:1134:1536
vit_giant_patch16_radio_v3:1136:1536 vit_giant_patch16_sapiens2:1455:1536
vit_giantopt_patch16_siglip_256:1163:1536 vit_giantopt_patch16_siglip_384:1164:1536
vit_giantopt_patch16_siglip_gap_256:1135:1536 vit_giantopt_patch16_siglip_gap_384:1135:1536
vit_gigantic_patch14_clip_224:1845:1664 vit_gigantic_patch14_clip_378:1846:1664
vit_huge_patch14_224:630.8:1280 vit_huge_patch14_clip_224:632:1280 vit_huge_patch14_clip_336:632.5:1280
vit_huge_patch14_clip_378:632.7:1280 vit_huge_patch16_radio_v3:632:1280 vit_huge_patch16_radio_v4:632:1280
vit_huge_patch16_sapiens2:814.3:1280 vit_huge_plus_patch16_dinov3:840.5:1280
vit_huge_plus_patch16_dinov3_qkvb:840.6:1280 vit_intern300m_patch14_448:304:1024
vit_large_patch14_clip_224:304.2:1024 vit_large_patch14_clip_336:304.5:1024
vit_large_patch14_dinov2:304.4:1024 vit_large_patch14_reg1_tipsv2:304:1024
vit_large_patch14_reg4_dinov2:304.4:1024 vit_large_patch16_224:304.3:1024 vit_large_patch16_384:304.7:1024
vit_large_patch16_dinov3:303.1:1024 vit_large_patch16_dinov3_qkvb:303.1:1024
vit_large_patch16_lingbot:303.1:1024 vit_large_patch16_radio_v3:304.2:1024
vit_large_patch16_rope_224:304.2:1024 vit_large_patch16_rope_ape_224:304.4:1024
vit_large_patch16_rope_mixed_224:304.2:1024 vit_large_patch16_rope_mixed_ape_224:304.4:1024
vit_large_patch16_sapiens2:395.5:1024 vit_large_patch16_siglip_256:316:1024
vit_large_patch16_siglip_384:316.3:1024 vit_large_patch16_siglip_512:316.7:1024
vit_large_patch16_siglip_gap_256:303.4:1024 vit_large_patch16_siglip_gap_384:303.7:1024
vit_large_patch16_siglip_gap_512:304.1:1024 vit_large_patch32_224:305.5:1024
vit_large_patch32_384:306.6:1024 vit_large_r50_s32_224:329:1024 vit_large_r50_s32_384:329.1:1024
vit_little_patch16_reg1_gap_256:22.52:320 vit_little_patch16_reg4_gap_256:22.52:320
vit_medium_patch16_clip_224:38.59:512 vit_medium_patch16_gap_240:44.4:512
vit_medium_patch16_gap_256:38.86:512 vit_medium_patch16_gap_384:39.03:512
vit_medium_patch16_reg1_gap_256:38.88:512 vit_medium_patch16_reg4_gap_256:38.88:512
vit_medium_patch16_rope_reg1_gap_256:38.74:512 vit_medium_patch32_clip_224:39.69:512
vit_mediumd_patch16_reg4_gap_256:64.11:512 vit_mediumd_patch16_reg4_gap_384:64.27:512
vit_mediumd_patch16_rope_reg1_gap_256:63.95:512 vit_pe_core_base_patch16_224:93.67:768
vit_pe_core_gigantic_patch14_448:1882:1536 vit_pe_core_large_patch14_336:317.2:1024
vit_pe_core_small_patch16_384:23.78:384 vit_pe_core_tiny_patch16_384:6.141:192
vit_pe_lang_gigantic_patch14_448:1741:1536 vit_pe_lang_large_patch14_448:291.4:1024
vit_pe_spatial_base_patch16_512:86.43:768 vit_pe_spatial_gigantic_patch14_448:1852:1536
vit_pe_spatial_large_patch14_448:304:1024 vit_pe_spatial_small_patch16_512:21.98:384
vit_pe_spatial_tiny_patch16_512:5.683:192 vit_pwee_patch16_reg1_gap_256:15.25:256
vit_relpos_base_patch16_224:86.43:768 vit_relpos_base_patch16_clsgap_224:86.43:768
vit_relpos_base_patch32_plus_rpn_256:119.4:896 vit_relpos_medium_patch16_224:38.75:512
vit_relpos_medium_patch16_cls_224:38.76:512 vit_relpos_medium_patch16_rpn_224:38.73:512
vit_relpos_small_patch16_224:21.98:384 vit_small_patch14_dinov2:22.06:384
vit_small_patch14_reg4_dinov2:22.06:384 vit_small_patch16_224:22.05:384 vit_small_patch16_384:22.2:384
vit_small_patch16_dinov3:21.59:384 vit_small_patch16_dinov3_qkvb:21.6:384 vit_small_patch16_lingbot:21.6:384
vit_small_patch16_rope_224:21.98:384 vit_small_patch16_rope_ape_224:22.06:384
vit_small_patch16_rope_mixed_224:21.99:384 vit_small_patch16_rope_mixed_ape_224:22.06:384
vit_small_patch32_224:22.88:384 vit_small_patch32_384:22.92:384 vit_small_patch8_224:21.67:384
vit_small_plus_patch16_dinov3:28.68:384 vit_small_plus_patch16_dinov3_qkvb:28.69:384
vit_small_r26_s32_224:36.43:384 vit_small_r26_s32_384:36.47:384 vit_so150m2_patch16_reg1_gap_256:136.1:832
vit_so150m2_patch16_reg1_gap_384:136.3:832 vit_so150m2_patch16_reg1_gap_448:136.5:832
vit_so150m_patch16_reg4_gap_256:134.1:896 vit_so150m_patch16_reg4_gap_384:134.4:896
vit_so400m_patch14_reg1_tipsv2:413.4:1152 vit_so400m_patch14_siglip_224:427.7:1152
vit_so400m_patch14_siglip_378:428.2:1152 vit_so400m_patch14_siglip_384:428.2:1152
vit_so400m_patch14_siglip_gap_224:412.4:1152 vit_so400m_patch14_siglip_gap_378:413:1152
vit_so400m_patch14_siglip_gap_384:413:1152 vit_so400m_patch14_siglip_gap_448:413.3:1152
vit_so400m_patch14_siglip_gap_896:416.9:1152 vit_so400m_patch16_radio_v4:413.5:1152
vit_so400m_patch16_siglip_256:427.9:1152 vit_so400m_patch16_siglip_384:428.3:1152
vit_so400m_patch16_siglip_512:428.8:1152 vit_so400m_patch16_siglip_gap_256:412.6:1152
vit_so400m_patch16_siglip_gap_384:413:1152 vit_so400m_patch16_siglip_gap_512:413.5:1152
vit_srelpos_medium_patch16_224:38.74:512 vit_srelpos_small_patch16_224:21.97:384
vit_tiny_patch16_224:5.717:192 vit_tiny_patch16_384:5.79:192 vit_tiny_patch16_dinov3_qkvb:5.49:192
vit_tiny_r_s16_p8_224:6.338:192 vit_tiny_r_s16_p8_384:6.356:192 vit_wee_patch16_reg1_gap_256:13.42:256
vit_xsmall_patch16_clip_224:8.278:256 vitamin_base_224:87.72:768 vitamin_large2_224:333.6:1024
vitamin_large2_256:333.6:1024 vitamin_large2_336:333.8:1024 vitamin_large2_384:334:1024
vitamin_large_224:333.3:1024 vitamin_large_256:333.4:1024 vitamin_large_336:333.6:1024
vitamin_large_384:333.7:1024 vitamin_small_224:22.17:384 vitamin_xlarge_256:436.1:1152
vitamin_xlarge_336:436.1:1152 vitamin_xlarge_384:436.1:1152 volo_d1_224:26.63:384 volo_d1_384:26.78:384
volo_d2_224:58.68:512 volo_d2_384:58.87:512 volo_d3_224:86.33:512 volo_d3_448:86.63:512 volo_d4_224:193:768
volo_d4_448:193.4:768 volo_d5_224:295.5:768 volo_d5_448:295.9:768 volo_d5_512:296.1:768
wide_resnet101_2:126.9:2048 wide_resnet50_2:68.88:2048 xception41:26.97:2048 xception41p:26.91:2048
xception65:39.92:2048 xception65p:39.82:2048 xception71:42.34:2048 xcit_large_24_p16_224:189.1:768
xcit_large_24_p16_384:189.1:768 xcit_large_24_p8_224:188.9:768 xcit_large_24_p8_384:188.9:768
xcit_medium_24_p16_224:84.4:512 xcit_medium_24_p16_384:84.4:512 xcit_medium_24_p8_224:84.32:512
xcit_medium_24_p8_384:84.32:512 xcit_nano_12_p16_224:3.053:128 xcit_nano_12_p16_384:3.053:128
xcit_nano_12_p8_224:3.049:128 xcit_nano_12_p8_384:3.049:128 xcit_small_12_p16_224:26.25:384
xcit_small_12_p16_384:26.25:384 xcit_small_12_p8_224:26.21:384 xcit_small_12_p8_384:26.21:384
xcit_small_24_p16_224:47.67:384 xcit_small_24_p16_384:47.67:384 xcit_small_24_p8_224:47.63:384
xcit_small_24_p8_384:47.63:384 xcit_tiny_12_p16_224:6.716:192 xcit_tiny_12_p16_384:6.716:192
xcit_tiny_12_p8_224:6.707:192 xcit_tiny_12_p8_384:6.707:192 xcit_tiny_24_p16_224:12.12:192
xcit_tiny_24_p16_384:12.12:192 xcit_tiny_24_p8_224:12.11:192 xcit_tiny_24_p8_384:12.11:192
"""

SIZES: Mapping[str, tuple[int, int]] = {
    name: (round(float(millions) * 1e6), int(features))
    for entry in _SIZES.split()
    for name, millions, features in [entry.split(":")]
}
"""Architecture → number of parameters, numbers in the feature vector."""
