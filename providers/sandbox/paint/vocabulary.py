"""The words the painter knows: English and Chinese, by concept."""

LANDS = {
    "mountain": "mountain, mountainside, ridge, peak, summit, alps, alpine, himalaya, andes, massif, 山, 山脉, 山峰, "
    "雪山, 峰",
    "hill": "hill, hillside, countryside, pasture, tuscany, vineyard, farmland, farm, highland, valley, 丘陵, "
    "乡村, 田野, 山谷, 农场",
    "sea": "sea, ocean, seascape, seaside, coast, coastal, shore, beach, bay, horizon over water, marine, 海, "
    "大海, 海洋, 海边, 海滩, 沙滩, 海岸",
    "wave": "wave, surf, tsunami, breaker, swell, 海浪, 波浪, 浪",
    "lake": "lake, pond, lagoon, reservoir, lakeside, harbor, harbour, marina, 湖, 湖泊, 池塘, 港口",
    "fjord": "fjord, 峡湾",
    "river": "river, stream, creek, brook, canal, 河, 河流, 小溪, 江, 溪",
    "waterfall": "waterfall, cascade, 瀑布",
    "city": "city, skyline, cityscape, downtown, metropolis, skyscraper, urban, tokyo, new york, manhattan, "
    "shanghai, hong kong, london, paris, cyberpunk, 城市, 都市, 天际线, 高楼, 摩天楼, 上海, 东京, 纽约, "
    "北京",
    "street": "street, alley, avenue, road, boulevard, crosswalk, traffic, 街道, 街, 小巷, 马路",
    "forest": "forest, wood, woods, woodland, tree, pine, fir, spruce, birch, jungle, rainforest, grove, taiga, "
    "bamboo, 森林, 树林, 树, 松树, 林, 丛林, 竹林",
    "desert": "desert, dune, sahara, sand dune, oasis, 沙漠, 沙丘",
    "canyon": "canyon, gorge, mesa, butte, cliffside desert, slot canyon, badlands, red rock, 峡谷, 大峡谷",
    "aurora": "aurora, northern light, southern light, aurora borealis, polar light, 极光, 北极光",
    "space": "space, nebula, galaxy, cosmos, cosmic, outer space, universe, planet, saturn, jupiter, "
    "interstellar, milky way, black hole, supernova, 太空, 宇宙, 星云, 星系, 银河, 行星, 星球, 土星",
    "meadow": "meadow, wildflower, field of flower, flower field, lavender field, poppy field, prairie, grassland, "
    "field, lavender, grass, sunflower field, 草地, 草原, 花海, 花田, 野花, 薰衣草",
    "flower": "flower, garden, rose, tulip, bouquet, blossom, bloom, petal, peony, lily, orchid, daisy, poppy, "
    "sunflower, lotus, cherry blossom, sakura, floral, botanical, camellia, dahlia, 花, 花园, 玫瑰, "
    "郁金香, 樱花, 荷花, 牡丹, 向日葵, 花朵, 百合, 菊花, 梅花",
    "pottery": "vase, pottery, stoneware, ceramic, porcelain, bowl, jug, pitcher, still life, teapot, cup, mug, "
    "earthenware, clay, bottle, perfume, product, 花瓶, 陶器, 静物, 瓷器, 陶瓷, 茶壶, 杯子, 瓶",
    "ink": "ink dropped, ink in water, ink drop, ink cloud, abstract, marbling, marble, swirl, fluid, smoke, "
    "texture, pattern, fractal, generative, liquid, paint pour, 抽象, 墨迹, 墨滴, 纹理, 烟雾",
    "snowfield": "snow field, snowfield, snowy field, tundra, glacier, iceberg, arctic, antarctica, ice field, "
    "winter landscape, 雪地, 雪原, 冰川, 冰山",
    "window": "window, windowsill, window sill, interior, room, living room, bedroom, kitchen, cafe, café, indoor, "
    "窗, 窗台, 窗户, 房间, 室内, 咖啡馆",
    "portrait": "portrait, face, headshot, bust, close-up of a woman, close-up of a man, selfie, model, 肖像, 人像, "
    "头像, 脸",
    "bokeh": "bokeh, city lights, fairy lights, out of focus, defocused, 光斑, 散景",
    "sky": "cloudscape, sky full of clouds, above the clouds, sea of clouds, 云海",
}

OBJECTS = {
    "boat": "boat, sailboat, sailing boat, rowboat, rowing boat, canoe, dinghy, yacht, kayak, gondola, "
    "fishing boat, 船, 小船, 帆船, 渔船, 舟",
    "ship": "ship, galleon, vessel, frigate, tall ship, freighter, cruise ship, pirate ship, 轮船, 大船, 货轮, 海盗船",
    "lighthouse": "lighthouse, beacon, 灯塔",
    "house": "house, cabin, cottage, hut, barn, chalet, home, farmhouse, shack, 房子, 小屋, 木屋, 房屋, 屋",
    "village": "village, hamlet, town, 村庄, 村, 小镇, 村落",
    "castle": "castle, fortress, palace, tower, citadel, 城堡, 宫殿, 塔",
    "temple": "temple, pagoda, shrine, torii, 寺, 寺庙, 宝塔, 神社, 亭",
    "bridge": "bridge, viaduct, aqueduct, 桥, 大桥",
    "windmill": "windmill, 风车",
    "cat": "cat, kitten, kitty, 猫, 小猫, 猫咪",
    "dog": "dog, puppy, corgi, hound, labrador, retriever, 狗, 小狗, 犬",
    "fox": "fox, 狐狸, 狐",
    "wolf": "wolf, wolves, coyote, 狼",
    "deer": "deer, stag, elk, reindeer, moose, 鹿, 麋鹿",
    "horse": "horse, stallion, mare, pony, unicorn, 马, 骏马, 白马",
    "bear": "bear, panda, 熊, 熊猫",
    "rabbit": "rabbit, hare, bunny, 兔子, 兔",
    "bird": "bird, eagle, hawk, owl, crow, raven, sparrow, robin, parrot, heron, 鸟, 小鸟, 鹰, 猫头鹰, 麻雀",
    "flock": "flock, birds, seagull, gull, swallow, crane, geese, 海鸥, 鸟群, 飞鸟, 大雁",
    "whale": "whale, orca, dolphin, 鲸, 鲸鱼, 海豚",
    "person": "person, people, man, woman, girl, boy, child, children, figure, traveler, traveller, hiker, "
    "wanderer, monk, samurai, knight, astronaut, couple, silhouette, fisherman, warrior, 人, 女孩, 男孩, "
    "女人, 男人, 旅人, 人物, 少女, 少年, 孩子, 宇航员",
    "balloon": "balloon, hot air balloon, hot-air balloon, airship, zeppelin, 气球, 热气球",
    "moon": "moon, full moon, crescent, moonlight, moonlit, 月, 月亮, 月光, 满月",
    "sun": "sun, sunshine, 太阳",
    "ringed": "saturn, ringed planet, planet with ring, ring, 土星, 光环",
    "planet": "planet, jupiter, exoplanet, alien world, 行星, 星球",
    "lone tree": "lone tree, lonely tree, single tree, oak, willow, maple, 孤树, 大树, 枫树",
    "train": "train, locomotive, railway, tram, 火车, 列车",
    "car": "car, automobile, vehicle, taxi, truck, 汽车, 车, 出租车",
    "tent": "tent, camp, campsite, campfire, 帐篷, 露营",
    "umbrella": "umbrella, parasol, 伞, 雨伞",
    "robot": "robot, android, mecha, mech, cyborg, 机器人",
    "cliff": "cliff, headland, crag, bluff, 悬崖, 崖",
    "rock": "rock, boulder, sea stack, 岩石, 礁石, 石头",
    "cow": "cow, cattle, bull, sheep, goat, 牛, 羊, 绵羊",
}

TIMES = {
    "dawn": "dawn, sunrise, early morning, daybreak, first light, morning, 黎明, 日出, 清晨, 早晨, 破晓",
    "noon": "noon, day, midday, daytime, daylight, afternoon, bright day, blue sky, 正午, 中午, 白天, 下午",
    "golden": "golden hour, golden light, late afternoon, warm light, 金色时刻, 黄金时刻, 夕照",
    "dusk": "dusk, sunset, sundown, twilight, evening, 黄昏, 日落, 夕阳, 傍晚, 晚霞, 暮色",
    "blue": "blue hour, nightfall, 蓝调时刻, 蓝调",
    "night": "night, midnight, nighttime, starry, starlit, stars, star, moonlit, moonlight, nocturne, 夜, 夜晚, "
    "深夜, 星空, 夜景, 星星, 月夜",
}

WEATHERS = {
    "mist": "mist, misty, fog, foggy, haze, hazy, smoky, 雾, 薄雾, 烟雨, 雾气",
    "rain": "rain, rainy, raining, drizzle, downpour, wet, monsoon, 雨, 下雨, 雨天, 雨夜",
    "snow": "snow, snowy, snowing, snowfall, blizzard, frost, icy, snow-covered, 雪, 下雪, 大雪, 冰雪",
    "storm": "storm, stormy, thunder, thunderstorm, lightning, tempest, hurricane, typhoon, rough, 暴风雨, 风暴, "
    "闪电, 雷电, 暴风",
    "cloud": "cloud, cloudy, overcast, 云, 多云, 白云, 乌云",
    "clear": "clear sky, cloudless, clear, sunny, 晴, 晴天, 晴朗",
    "wind": "wind, windy, windswept, 风",
}

SEASONS = {
    "spring": "spring, springtime, 春, 春天",
    "summer": "summer, summertime, 夏, 夏天",
    "autumn": "autumn, autumnal, fall foliage, in fall, 秋, 秋天, 红叶",
    "winter": "winter, wintry, christmas, 冬, 冬天",
}

STYLES = {
    "watercolour": "watercolour, watercolor, aquarelle, water colour, 水彩, 水彩画",
    "sumi": "ink wash, sumi-e, sumi, ink painting, ink drawing, chinese ink, shan shui, brush painting, "
    "calligraphy, ink, 水墨, 水墨画, 国画, 山水画",
    "oil": "oil, oil painting, oil on canvas, impressionist, impressionism, impasto, van gogh, monet, "
    "post-impressionist, palette knife, acrylic, 油画, 印象派, 梵高, 莫奈",
    "gouache": "gouache, tempera, poster paint, storybook, children's book, picture book, ghibli, 水粉, 绘本, 吉卜力",
    "woodblock": "woodblock, ukiyo-e, ukiyoe, woodcut, linocut, hokusai, hiroshige, block print, screen print, "
    "risograph, 浮世绘, 木刻, 版画",
    "pencil": "pencil, sketch, graphite, charcoal, drawing, line art, etching, engraving, crosshatch, hatching, "
    "铅笔, 素描, 速写, 线稿, 版刻",
    "pixel": "pixel art, pixelart, pixel, 8-bit, 8 bit, 16-bit, 16 bit, 像素, 像素画",
    "photo": "photo, photograph, photography, photographic, photorealistic, photoreal, realistic, 35mm, dslr, "
    "cinematic, long exposure, studio photograph, film still, kodak, macro, 摄影, 照片, 写实, 电影感",
    "minimal": "minimal, minimalist, minimalism, flat design, flat illustration, vector, simple, 极简, 简约, 扁平",
    "neon": "neon, synthwave, vaporwave, retrowave, cyberpunk, glowing, blacklight, 霓虹, 赛博朋克",
    "vintage": "vintage, retro, old photo, faded, sepia, antique, polaroid, nostalgic, 复古, 怀旧, 老照片",
    "mono": "black and white, black-and-white, monochrome, monochromatic, b&w, noir, 黑白, 单色",
    "pastel": "pastel, pastel colors, soft colors, kawaii, dreamy, ethereal, 粉彩, 柔和, 梦幻",
    "poster": "poster, travel poster, art deco, cel shaded, anime, cartoon, comic, illustration, pop art, 海报, "
    "动漫, 漫画, 卡通, 插画",
    "mosaic": "mosaic, stained glass, low poly, low-poly, cubist, cubism, geometric, 马赛克, 彩色玻璃, 低多边形",
}

QUALITIES = {
    "sky": "sky, skies, heaven, 天空, 天",
    "calm": "calm, still, serene, tranquil, quiet, peaceful, glassy, mirror, long exposure, 平静, 宁静, 静",
    "layered": "layered, layer, receding, 层叠, 层峦",
    "tall": "tall, towering, high, epic, majestic, dramatic, 巍峨, 高耸",
    "stars": "star, starry, milky way, 星, 星空",
    "many": "many, crowd, fleet, hundred, dozens of, field of, 许多, 一群",
    "close": "close-up, closeup, close up, macro, 特写",
    "tropical": "tropical, palm, caribbean, hawaii, 热带, 棕榈",
    "stoneware": "stoneware, hand-thrown, thrown, earthenware, raku, wabi-sabi",
    "grand": "grand canyon, 大峡谷",
    "slot": "slot canyon, antelope canyon",
    "beach": "beach, sand, sandy, seashore, shoreline, 海滩, 沙滩",
}

COLOURS = {
    "red": "#c8281e | red, crimson, scarlet, ruby, vermilion, 红, 红色",
    "orange": "#f08228 | orange, tangerine, amber, 橙, 橙色, 橘色",
    "gold": "#f0b93c | gold, golden, ochre, mustard, 金, 金色",
    "yellow": "#f5d742 | yellow, lemon, 黄, 黄色",
    "green": "#3f9a4e | green, emerald, 绿, 绿色, 翠",
    "lime": "#a0d63c | lime, chartreuse",
    "olive": "#7d7d3c | olive, sage, moss, 橄榄",
    "teal": "#1f8f8a | teal, turquoise, aqua, jade, 青, 青色, 青绿",
    "cyan": "#3cc8dc | cyan, 青蓝",
    "blue": "#2d64c8 | blue, azure, cobalt, cerulean, 蓝, 蓝色",
    "navy": "#1b2a5c | navy, indigo, ultramarine, 靛, 深蓝",
    "violet": "#7a46be | violet, purple, lilac, mauve, amethyst, 紫, 紫色",
    "lavender": "#b09ae0 | lavender-coloured, periwinkle, 淡紫",
    "magenta": "#d732a0 | magenta, fuchsia, 品红",
    "pink": "#f08cb4 | pink, blush, salmon, coral, 粉, 粉色, 粉红",
    "brown": "#82552f | brown, sienna, umber, chestnut, chocolate, 棕, 棕色, 褐",
    "beige": "#dccdb0 | beige, cream, ivory, sand-coloured, 米色",
    "white": "#f2f2ee | white, 白, 白色",
    "grey": "#8c9096 | grey, gray, silver, slate, 灰, 灰色, 银色",
    "black": "#17171c | black, ebony, obsidian, 黑, 黑色",
}
